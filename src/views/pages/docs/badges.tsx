import { type DocProps, SAMPLE_KEY, Sample, Table, Text } from './parts.tsx'

export function Badges({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        A badge shows a name and a status to everybody who has its address. The address has a key of its own, from which
        nobody can learn a ping URL. Badges are never cached.
      </Text>
      <Sample
        lines={[
          `![backup](${baseUrl}/badge/${SAMPLE_KEY}.svg)`,
          '',
          `curl ${baseUrl}/badge/${SAMPLE_KEY}.json`,
          '{"name":"backup","status":"up","last_ping":"2026-11-24T05:57:25.319Z","due":"2026-11-25T05:57:25.319Z"}',
        ]}
      />
      <Text>
        This one stands on the page of its monitor. Its status is `new`, `up`, `late`, `down` or `paused`. Those that
        clients of Healthchecks know have fewer: a new or paused monitor is up, and where two states are asked for, a
        late one is up, too.
      </Text>
      <Table
        label="Badges that clients of Healthchecks know"
        head={['address', 'is the badge of']}
        rows={[
          ['`/b/2/<badge key>`', 'a monitor, in two states; `badge_url` of a check leads to it'],
          ['`/b/3/<badge key>`', 'a monitor, in three states'],
          ['`/badge/<project badge key>/<signature>-2/<tag>`', 'a tag, in two states'],
          ['`/badge/<project badge key>/<signature>/<tag>`', 'a tag, in three states'],
          ['the same without the tag', 'all monitors of the project'],
        ]}
      />
      <Text>
        At the end of each stands `.svg`, `.json` or `.shields`, which is for the endpoint badge of shields.io. The
        badge of several monitors is down if one of them is, else late if one of them is, else up. The addresses with a
        signature stand in the settings of the project, and `GET /badges/` lists them; nobody can make up that of
        another tag.
      </Text>
      <Sample
        lines={[
          `curl ${baseUrl}/api/v3/badges/ -H "X-Api-Key: $KEY"`,
          `curl ${baseUrl}/b/3/${SAMPLE_KEY}.json`,
          '{"status":"late","total":1,"grace":1,"down":0}',
          `curl ${baseUrl}/b/3/${SAMPLE_KEY}.shields`,
          '{"schemaVersion":1,"label":"backup","message":"late","color":"important"}',
        ]}
      />
    </>
  )
}
