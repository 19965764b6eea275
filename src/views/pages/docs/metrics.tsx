import { type DocProps, SAMPLE_KEY, Sample, Table, Text } from './parts.tsx'

export function Metrics({ baseUrl }: DocProps) {
  const { scheme, host, path } = partsOf(baseUrl)
  return (
    <>
      <Text>
        Prometheus reads the metrics of a project with a read-only API key of it: as a bearer token, or at the end of
        the address, as clients of Healthchecks have it. The id of the project stands in the address of its page.
      </Text>
      <Sample
        lines={[
          'scrape_configs:',
          '  - job_name: cronguard',
          `    scheme: ${scheme}`,
          `    metrics_path: ${path}/projects/${SAMPLE_KEY}/metrics`,
          '    authorization: { credentials_file: /etc/prometheus/cronguard.key }',
          `    static_configs: [{ targets: ['${host}'] }]`,
        ]}
      />
      <Table
        label="Metrics of a project"
        head={['metric', 'tells']}
        rows={[
          ['`hc_check_up`, `hc_tag_up`', '1 unless the monitor, or one with the tag, is down'],
          ['`hc_check_started`, `hc_check_grace`, `hc_check_paused`', '1 while it runs, is late, or is paused'],
          ['`hc_checks_total`, `hc_checks_down_total`', 'how many monitors there are, and how many are down'],
          ['`cronguard_monitor_last_duration_seconds`', 'how long the last run took'],
          [
            '`cronguard_monitor_last_success_timestamp_seconds`',
            'when the last success was reported, if it is among the newest 200 pings',
          ],
          ['`cronguard_monitor_due_timestamp_seconds`', 'when the next ping is expected, while one is'],
          ['`cronguard_project_outbox_deliveries`', 'how many messages of the project are not sent yet'],
          ['`cronguard_checker_lag_seconds`', 'for how long a deadline is over that was not acted on; 0 at rest'],
        ]}
      />
      <Text>
        Those of a monitor have the labels `name`, `tags` and `unique_key`. The metrics of the whole instance stand at
        `/metrics`, for who has `CRONGUARD_METRICS_TOKEN`; without that setting they are closed. They name no monitor.
      </Text>
      <Sample lines={[`curl ${baseUrl}/metrics -H "Authorization: Bearer $CRONGUARD_METRICS_TOKEN"`]} />
      <Table
        label="Metrics of the instance"
        head={['metric', 'tells']}
        rows={[
          ['`cronguard_monitors`', 'how many monitors there are, by `status`'],
          ['`cronguard_pings_total`', 'how many pings were recorded'],
          ['`cronguard_outbox_deliveries`', 'how many messages are not sent yet, by `state`'],
          ['`cronguard_outbox_oldest_age_seconds`', 'how long the oldest of them has waited'],
          ['`cronguard_checker_lag_seconds`', 'for how long a deadline is over that was not acted on; 0 at rest'],
          ['`cronguard_part_up`', '1 while a `part` works, as `/health` has it'],
          ['`cronguard_database_bytes`', 'how large the database is'],
          ['`cronguard_build_info`', 'the `version`, and that of `bun`'],
          ['`process_resident_memory_bytes`, `process_start_time_seconds`', 'what they say'],
        ]}
      />
    </>
  )
}

function partsOf(baseUrl: string) {
  const { protocol, host, pathname } = new URL(baseUrl)
  return { scheme: protocol.slice(0, -1), host, path: pathname.replace(/\/$/, '') }
}
