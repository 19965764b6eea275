import { CURL, DocPage, type DocProps, type DocSection, SAMPLE_KEY, Sample, Table, Text } from './parts.tsx'

const SECTIONS: readonly DocSection[] = [
  { id: 'period-and-grace', title: 'Period and grace', Content: PeriodAndGrace },
  { id: 'status', title: 'Status', Content: Status },
  { id: 'choosing', title: 'What to choose', Content: Choosing },
  { id: 'deadline', title: 'What moves the deadline', Content: Deadline },
  { id: 'pause', title: 'Pause and resume', Content: Pause },
  { id: 'blackouts', title: 'When CronGuard itself was away', Content: Blackouts },
]

/** When pings are expected. */
export function Schedules({ baseUrl }: DocProps) {
  return (
    <DocPage
      title="Schedules"
      lead="A schedule says when the next ping is expected, and the grace says how long a late job is forgiven."
      sections={SECTIONS}
      baseUrl={baseUrl}
    />
  )
}

function PeriodAndGrace({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        A schedule is a period: a ping is expected at least once in every period, counted from the last one. The moment
        it is expected is when it is due. Due plus grace is the deadline, at which the monitor goes down and people are
        told.
      </Text>
      <Text>
        Period and grace may each be as short as one second and as long as 365 days. The form proposes half of the
        period as the grace, at least one minute; the API takes an hour when nothing else is said.
      </Text>
      <Sample
        lines={[
          `curl ${baseUrl}/api/v3/checks/ -H "X-Api-Key: $KEY" \\`,
          `  -d '{"name": "backup", "timeout": 86400, "grace": 3600, "channels": "*"}'`,
        ]}
      />
      <Text>
        The API counts in seconds and calls the period `timeout`. Anything shorter than a minute needs `"subminute":
        true` beside it.
      </Text>
    </>
  )
}

function Status() {
  return (
    <>
      <Table
        label="Status of a monitor"
        head={['status', 'means', 'in the API']}
        rows={[
          ['new', 'it was never pinged, or was resumed and not pinged since; it raises no alarm', '`new`'],
          ['up', 'the last ping came within the period', '`up`'],
          ['late', 'a ping is due, and the grace is not over', '`grace`'],
          ['down', 'the deadline passed, or the job reported a failure', '`down`'],
          ['paused', 'a person paused it', '`paused`'],
        ]}
      />
      <Text>
        Besides, a monitor is running while a run has started and not ended. That is shown in addition to its status.
      </Text>
      <Text>The status is worked out from the clock whenever somebody looks, so it is exact to the millisecond.</Text>
    </>
  )
}

function Choosing() {
  return (
    <>
      <Text>
        The period is the longest usual time from one ping to the next. The grace takes up what varies: how long a run
        takes, and how long the machine is busy. A backup that starts at 3:00 every night and takes 10 to 40 minutes
        reports between 3:10 and 3:40. Its pings are up to 24 hours and 30 minutes apart, so a day with an hour of grace
        fits.
      </Text>
      <Table
        label="Periods and graces for usual jobs"
        head={['job', 'period', 'grace']}
        rows={[
          ['every minute, done in a second', '1 minute', '1 minute'],
          ['every 15 minutes, takes up to 5', '15 minutes', '10 minutes'],
          ['hourly', '1 hour', '30 minutes'],
          ['nightly backup', '1 day', '1 to 3 hours'],
          ['weekly report, may wait until Monday', '7 days', '1 day'],
          ['on working days only', '3 days: from Friday to Monday', '2 hours'],
        ]}
      />
      <Text>A job that pings `/start` has to end within the grace. Make the grace longer than the longest run.</Text>
    </>
  )
}

function Deadline() {
  return (
    <Table
      label="What moves the deadline"
      head={['event', 'the deadline is then']}
      rows={[
        ['success', 'now + period + grace'],
        ['start', 'now + grace, if that is earlier than what it was; none while the monitor is down'],
        ['failure', 'none: the monitor is down until the next success'],
        ['log, or a ping that is ignored', 'as it was'],
        ['period or grace changed', 'counted anew from the last ping; it may have passed already'],
        ['pause', 'none'],
        ['resume', 'none until the next ping'],
      ]}
    />
  )
}

function Pause({ baseUrl }: DocProps) {
  const check = `${baseUrl}/api/v3/checks/${SAMPLE_KEY}`
  return (
    <>
      <Text>
        Pause a monitor while its job is meant to be silent, for example during maintenance. Use the button on its page,
        or the API:
      </Text>
      <Sample
        lines={[
          `curl -X POST ${check}/pause -H "X-Api-Key: $KEY"`,
          `curl -X POST ${check}/resume -H "X-Api-Key: $KEY"`,
        ]}
      />
      <Text>
        Pausing closes an open incident, forgets a run that is under way, and tells nobody. A success wakes the monitor
        by itself, and so does a failure, which alarms at once.
      </Text>
      <Text>
        With manual resume, pings are ignored until a person resumes the monitor. Choose it where a job goes on running
        during maintenance and must not wake the monitor by accident.
      </Text>
      <Text>
        Resuming makes the monitor new: it waits for its next ping, however long that takes, and only then watches
        again. To watch from now on, send a ping yourself:
      </Text>
      <Sample lines={[`${CURL} ${baseUrl}/ping/${SAMPLE_KEY}`]} />
    </>
  )
}

function Blackouts() {
  return (
    <Text>
      Deadlines are stored, not kept in timers, so a restart forgets none and delays none. What fell due while CronGuard
      was not running is judged when it starts again, unless the ping comes first. An incident begins at the deadline,
      even when it was noticed later.
    </Text>
  )
}
