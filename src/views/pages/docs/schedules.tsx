import { CURL, DocPage, type DocProps, type DocSection, SAMPLE_KEY, Sample, Table, Text } from './parts.tsx'

const SECTIONS: readonly DocSection[] = [
  { id: 'words', title: 'In words', Content: InWords },
  { id: 'cron', title: 'Cron expressions', Content: Cron },
  { id: 'on-calendar', title: 'OnCalendar expressions', Content: OnCalendar },
  { id: 'zones', title: 'Time zones and changed clocks', Content: Zones },
  { id: 'grace', title: 'Grace', Content: Grace },
  { id: 'early', title: 'Early pings', Content: Early },
  { id: 'runs', title: 'Runs', Content: Runs },
  { id: 'status', title: 'Status', Content: Status },
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

function InWords() {
  return (
    <>
      <Text>
        The field for the schedule takes plain words, a cron expression or an OnCalendar expression, and shows what it
        understood while you type. `cronguard schedule next "weekdays at 18:30"` shows the same on the command line.
      </Text>
      <Table
        label="Schedules in words"
        head={['you type', 'it becomes']}
        rows={[
          ['every 5 minutes, 90s, 1h 30m', 'a period: a ping at least once in it, counted from the last one'],
          ['hourly, daily, weekly, 3x a day, fortnightly', 'a period of an hour, a day, a week, 8 hours, two weeks'],
          ['daily at 3am', '`0 3 * * *`'],
          ['weekdays at 18:30', '`30 18 * * 1-5`'],
          ['every monday at 9', '`0 9 * * 1`'],
          ['every monday', '`0 0 * * 1`: midnight, because no time is given'],
          ['first day of the month at 6', '`0 6 1 * *`'],
          ['0 3 * * * root /x.sh', '`0 3 * * *`: the command of a crontab line is left out'],
        ]}
      />
      <Text>
        Ambiguous words are refused, with a suggestion for each meaning: `21h` is `every 21 hours` or `every day at
        21:00`, and not every month has a 31st.
      </Text>
      <Text>
        A period is right for what runs all the time, and for jobs without a fixed time of day. Where the job has a time
        of day, name it: then an alert comes an hour after a missed night, not half a day. A period is 1 second to 365
        days long.
      </Text>
    </>
  )
}

function Cron({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        Copy the five fields of the crontab line: minute, hour, day of the month, month, day of the week. They mean what
        they mean to the cron of Debian and its relatives.
      </Text>
      <Table
        label="What the fields of a cron expression may hold"
        head={['written', 'means']}
        rows={[
          ['`*`, `5`, `1-5`, `1,15`', 'all, one, a range, a list'],
          ['`*/10`, `0-30/10`, `5/15`', 'with a step; `5/15` goes on to the end'],
          ['`JAN`, `MON`', 'names, in capitals or not; Sunday is 0 and 7'],
          ['`L`, `LW` as the day of the month', 'the last day, the last Monday to Friday'],
          ['`5L`, `MON#2` as the day of the week', 'the last Friday, the second Monday of the month'],
          ['`@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`', 'short for the usual ones'],
        ]}
      />
      <Text>
        When both the day of the month and the day of the week are given, either one is enough, unless one of them
        begins with a star: then both must fit.
      </Text>
      <Sample
        lines={[
          `curl ${baseUrl}/api/v3/checks/ -H "X-Api-Key: $KEY" \\`,
          `  -d '{"name": "backup", "schedule": "0 3 * * *", "tz": "Europe/Riga", "grace": 3600, "channels": "*"}'`,
        ]}
      />
      <Text>
        The API knows a period as `timeout`, in seconds. Anything shorter than a minute needs `"subminute": true` beside
        it.
      </Text>
    </>
  )
}

function OnCalendar() {
  return (
    <>
      <Text>
        Copy what stands behind `OnCalendar=` in the timer unit. Several lines are allowed, and the earliest time
        counts. A line may end in a time zone of its own.
      </Text>
      <Sample lines={['Mon..Fri 18:30', '*-*-1..7 04:00', '*-*~1 06:00 Europe/Riga', '*:0/5']} />
      <Text>
        A word that is also plain English, like `daily`, is read as a period; write `OnCalendar=daily` for midnight. An
        expression that names a year comes to an end: after its last time the monitor stays up.
      </Text>
    </>
  )
}

function Zones() {
  return (
    <>
      <Text>
        Choose the time zone in which the machine of the job lives. Old names of zones are understood and replaced, as
        `Europe/Kiev` by `Europe/Kyiv`.
      </Text>
      <Table
        label="What happens when the clocks change"
        head={['schedule', 'clocks go forward', 'clocks go back']}
        rows={[
          [
            'cron, with a star in minute or hour',
            'the missing hour is left out',
            'it runs in both passes of the hour that comes twice',
          ],
          ['cron, at a fixed time', 'a time in the missing hour moves to its end', 'it runs once, in the first pass'],
          ['OnCalendar', 'a time in the missing hour is left out', 'it runs once, in the first pass'],
          ['period', 'nothing changes', 'nothing changes'],
        ]}
      />
      <Text>
        When the pings of a monitor come by the same whole, half or quarter hours beside its times, again and again, its
        page says in which time zone they would be right.
      </Text>
    </>
  )
}

function Grace() {
  return (
    <>
      <Text>
        The moment a ping is expected is when it is due. Due plus grace is the deadline, at which the monitor goes down
        and people are told. The grace takes up what varies: how long a run takes, and how long the machine is busy.
      </Text>
      <Text>
        By default, pages and commands take half the time between two pings, at least a minute and at most an hour; the
        API takes an hour. A grace is 1 second to 365 days long.
      </Text>
    </>
  )
}

function Early() {
  return (
    <>
      <Text>
        A clock that is two seconds ahead must not cost anybody a night: a ping slightly before a time of the schedule
        counts for that time. Slightly is a tenth of the interval, at most 15 minutes, and can be set for each monitor.
        Its page shows what holds.
      </Text>
      <Text>
        Monitors that are made through the API have no such tolerance, as clients of Healthchecks expect it, unless they
        ask for it with `"early"` in seconds, or `null` for the usual one.
      </Text>
    </>
  )
}

function Runs() {
  return (
    <>
      <Text>
        A job that pings `/start` has to end: with a success, a failure or an exit status. Unless a longest run is set
        for the monitor, it has as long as the grace. With a longest run of its own, the schedule waits for the end of a
        run that has started.
      </Text>
      <Text>
        Runs that overlap are each watched when they name themselves with a run id, `?rid=` and a UUID at the start and
        at the end: one that is stuck is not hidden by the next. Without run ids, a start takes the place of the last.
      </Text>
      <Text>
        With a shortest run, a success that comes too soon after its start is a failure. With more than one failure in a
        row before an alert, the monitor stays up until so many came one after the other; a ping that does not come
        always alerts.
      </Text>
      <Sample lines={['{"max_run": 7200, "min_run": 5, "failures_to_alert": 3}']} />
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
          ['new', 'never pinged, raises no alarm; or resumed and not pinged since', '`new`'],
          ['up', 'the last ping came in time', '`up`'],
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

function Deadline() {
  return (
    <Table
      label="What moves the deadline"
      head={['event', 'the deadline is then']}
      rows={[
        ['success', 'the next time of the schedule, or now + period; + grace'],
        ['start', 'now + grace, if that is earlier; now + the longest run where that is set; none while it is down'],
        ['failure', 'none: the monitor is down until the next success; counted anew while it may fail more often'],
        ['log, or a ping that is ignored', 'as it was'],
        ['schedule or grace changed', 'counted anew from the last ping; it may have passed already'],
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
        The button on the page, or `cronguard monitor resume`, makes the monitor new and expects a ping by its schedule:
        if none comes within the grace period, it goes down. The API's resume waits for the next ping however long that
        takes, as in Healthchecks. To watch from now on, send a ping yourself:
      </Text>
      <Sample lines={[`${CURL} ${baseUrl}/ping/${SAMPLE_KEY}`]} />
    </>
  )
}

function Blackouts() {
  return (
    <>
      <Text>
        Deadlines are stored, not kept in timers, so a restart forgets none. While CronGuard was stopped, the machine
        slept or the disk took nothing, a ping may have been lost. Where the due time, the early window or the deadline
        lies in such a gap, the deadline is extended by one grace period, once until the next ping: a dead job is found
        however often CronGuard is restarted. The early window of a period is a tenth of it, at most 15 minutes.
      </Text>
      <Text>
        After a gap of more than 15 seconds, late jobs and runs under way also get back the time they lost, the page of
        the monitor shows the gap, and each project is notified once. A restart takes less, and no one is notified.
      </Text>
    </>
  )
}
