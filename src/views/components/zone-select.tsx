import { clockInZone, isTimeZone, timeZones, zoneLabel } from '#lib/zone.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import type { FormState } from './field.tsx'

interface ZoneSelectProps {
  form: FormState
  name: string
  label: string
  now: number
}

/** All time zones by continent, with their current time. assets/app.js offers the browser's zone. */
export function ZoneSelect({ form, name, label, now }: ZoneSelectProps) {
  const typed = form.values[name] ?? 'UTC'
  const chosen = currentZoneName(typed) ?? typed
  const problem = form.problems[name]
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <select
        id={name}
        name={name}
        aria-invalid={problem === undefined ? undefined : 'true'}
        aria-describedby={problem === undefined ? undefined : `${name}-problem`}
      >
        {zonesByContinent(chosen).map(([continent, zones]) => (
          <optgroup label={continent}>
            {zones.map((zone) => (
              <option value={zone} selected={zone === chosen}>
                {zone.replaceAll('_', ' ')}, {clockInZone(now, zone)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      {problem !== undefined && (
        <p class="problem" id={`${name}-problem`}>
          {problem}
        </p>
      )}
      <p class="help" data-offer="time-zone" data-for={name} hidden>
        Your browser's time zone is <b data-zone="" />.{' '}
        <button type="button" class="button-link">
          Use it
        </button>
      </p>
    </div>
  )
}

// A zone has several names and the list shows only one of them. A chosen name stays.
function zonesByContinent(chosen: string): [string, string[]][] {
  const listed = timeZones()
  const zones = listed.includes(chosen) || !isTimeZone(chosen) ? listed : [chosen, ...listed]
  return Object.entries(Object.groupBy(zones, continentOf)).map(([continent, members = []]) => [continent, members])
}

function continentOf(zone: string): string {
  return zone.includes('/') && zoneLabel(zone) === zone ? zone.slice(0, zone.indexOf('/')) : 'Universal'
}
