// The stylesheet. Each file of assets/css has the name of the view that its rules belong to.
import base from '#assets/css/base.css' with { type: 'text' }
import band from '#assets/css/components/band.css' with { type: 'text' }
import button from '#assets/css/components/button.css' with { type: 'text' }
import channel from '#assets/css/components/channel.css' with { type: 'text' }
import chart from '#assets/css/components/chart.css' with { type: 'text' }
import copyable from '#assets/css/components/copyable.css' with { type: 'text' }
import databaseSize from '#assets/css/components/database-size.css' with { type: 'text' }
import delivery from '#assets/css/components/delivery.css' with { type: 'text' }
import durationChart from '#assets/css/components/duration-chart.css' with { type: 'text' }
import empty from '#assets/css/components/empty.css' with { type: 'text' }
import facts from '#assets/css/components/facts.css' with { type: 'text' }
import field from '#assets/css/components/field.css' with { type: 'text' }
import icon from '#assets/css/components/icon.css' with { type: 'text' }
import incidentStory from '#assets/css/components/incident-story.css' with { type: 'text' }
import lastOutput from '#assets/css/components/last-output.css' with { type: 'text' }
import messagePreview from '#assets/css/components/message-preview.css' with { type: 'text' }
import monitorChoice from '#assets/css/components/monitor-choice.css' with { type: 'text' }
import notice from '#assets/css/components/notice.css' with { type: 'text' }
import outcome from '#assets/css/components/outcome.css' with { type: 'text' }
import pingMark from '#assets/css/components/ping-mark.css' with { type: 'text' }
import quietLink from '#assets/css/components/quiet-link.css' with { type: 'text' }
import rows from '#assets/css/components/rows.css' with { type: 'text' }
import runStrip from '#assets/css/components/run-strip.css' with { type: 'text' }
import section from '#assets/css/components/section.css' with { type: 'text' }
import snooze from '#assets/css/components/snooze.css' with { type: 'text' }
import status from '#assets/css/components/status.css' with { type: 'text' }
import steps from '#assets/css/components/steps.css' with { type: 'text' }
import tag from '#assets/css/components/tag.css' with { type: 'text' }
import uptimeBars from '#assets/css/components/uptime-bars.css' with { type: 'text' }
import warnings from '#assets/css/components/warnings.css' with { type: 'text' }
import document from '#assets/css/layouts/document.css' with { type: 'text' }
import frame from '#assets/css/layouts/frame.css' with { type: 'text' }
import plain from '#assets/css/layouts/plain.css' with { type: 'text' }
import channelPage from '#assets/css/pages/channel.css' with { type: 'text' }
import channelForm from '#assets/css/pages/channel-form.css' with { type: 'text' }
import channelKinds from '#assets/css/pages/channel-kinds.css' with { type: 'text' }
import channels from '#assets/css/pages/channels.css' with { type: 'text' }
import dashboard from '#assets/css/pages/dashboard.css' with { type: 'text' }
import docs from '#assets/css/pages/docs.css' with { type: 'text' }
import error from '#assets/css/pages/error.css' with { type: 'text' }
import incident from '#assets/css/pages/incident.css' with { type: 'text' }
import incidents from '#assets/css/pages/incidents.css' with { type: 'text' }
import instanceMail from '#assets/css/pages/instance-mail.css' with { type: 'text' }
import maintenance from '#assets/css/pages/maintenance.css' with { type: 'text' }
import monitor from '#assets/css/pages/monitor.css' with { type: 'text' }
import monitorForm from '#assets/css/pages/monitor-form.css' with { type: 'text' }
import ping from '#assets/css/pages/ping.css' with { type: 'text' }
import projectKeys from '#assets/css/pages/project-keys.css' with { type: 'text' }
import projectMembers from '#assets/css/pages/project-members.css' with { type: 'text' }
import settingsSecurity from '#assets/css/pages/settings-security.css' with { type: 'text' }
import signIn from '#assets/css/pages/sign-in.css' with { type: 'text' }
import monitorCharts from '#assets/css/partials/monitor-charts.css' with { type: 'text' }
import monitorIncidents from '#assets/css/partials/monitor-incidents.css' with { type: 'text' }
import monitorList from '#assets/css/partials/monitor-list.css' with { type: 'text' }
import monitorOverview from '#assets/css/partials/monitor-overview.css' with { type: 'text' }
import monitorRow from '#assets/css/partials/monitor-row.css' with { type: 'text' }
import schedulePreview from '#assets/css/partials/schedule-preview.css' with { type: 'text' }
import timeline from '#assets/css/partials/timeline.css' with { type: 'text' }
import reset from '#assets/css/reset.css' with { type: 'text' }
import tokens from '#assets/css/tokens.css' with { type: 'text' }
import utilities from '#assets/css/utilities.css' with { type: 'text' }

/** What comes later wins over what comes earlier, whatever its selector. */
const LAYERS = {
  reset: [reset],
  tokens: [tokens],
  base: [base],
  components: [
    // What others build on comes first.
    section,
    button,
    icon,
    status,
    band,
    channel,
    chart,
    copyable,
    databaseSize,
    delivery,
    durationChart,
    empty,
    facts,
    field,
    incidentStory,
    messagePreview,
    monitorChoice,
    lastOutput,
    notice,
    outcome,
    pingMark,
    quietLink,
    rows,
    runStrip,
    snooze,
    steps,
    tag,
    uptimeBars,
    warnings,
    document,
    frame,
    plain,
    monitorCharts,
    monitorIncidents,
    monitorList,
    monitorOverview,
    monitorRow,
    schedulePreview,
    timeline,
    channelForm,
    channelKinds,
    channelPage,
    channels,
    dashboard,
    docs,
    error,
    incident,
    incidents,
    instanceMail,
    maintenance,
    monitorForm,
    monitor,
    ping,
    projectKeys,
    projectMembers,
    settingsSecurity,
    signIn,
  ],
  utilities: [utilities],
}

export const STYLES = [
  `@layer ${Object.keys(LAYERS).join(', ')};`,
  ...Object.entries(LAYERS).map(([layer, files]) => `@layer ${layer} {\n${files.join('\n')}}`),
].join('\n')
