import { clockInZone, isTimeZone, timeZones, zoneLabel } from '#lib/zone.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import type { FormState } from './field.tsx'

interface ZoneSelectProps {
  form: FormState
  name: string
  label: string
  now: number
}

/** Every time zone with what its clocks show now, by continent. assets/app.js offers the one of the browser. */
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
                {placeOf(zone)}, {clockInZone(now, zone)}
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
        This browser is in <b data-zone="" />.{' '}
        <button type="button" class="button-link">
          Use that zone
        </button>
      </p>
    </div>
  )
}

// A zone goes by several names, and the list has only one of them; what was chosen stays.
function zonesByContinent(chosen: string): [string, string[]][] {
  const listed = timeZones()
  const zones = listed.includes(chosen) || !isTimeZone(chosen) ? listed : [chosen, ...listed]
  return Object.entries(Object.groupBy(zones, continentOf)).map(([continent, members = []]) => [continent, members])
}

function continentOf(zone: string): string {
  return zone.includes('/') && zoneLabel(zone) === zone ? zone.slice(0, zone.indexOf('/')) : 'Everywhere'
}

/** "Argentina, Buenos Aires" of "America/Argentina/Buenos_Aires" */
function placeOf(zone: string): string {
  return zoneLabel(zone)
    .replace(/^[^/]*\//, '')
    .replaceAll('/', ', ')
    .replaceAll('_', ' ')
}
