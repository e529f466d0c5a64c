using System.Text.Json.Nodes;
using Osmo.Cli.Nodes;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Backends;

/// <summary>Follows the backends in numbers. The numbers have no events of their own, so they are read again every second.</summary>
internal static class BackendWatch
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(FleetApi api, OutputFormat format, CliTerminal terminal, CancellationToken cancellationToken)
    {
        var wide = format == OutputFormat.Wide;
        var rows = new RowStream(BackendRow.Headings(wide), format, terminal);
        var shown = new Dictionary<string, string>();
        for (var first = true; ; first = false)
        {
            var changed = new List<(string[], JsonObject, string)>();
            foreach (var backend in await api.BackendsAsync(cancellationToken))
            {
                // A heartbeat, or an age that grows, is no change that anybody wants a line for.
                var name = FleetApi.NameOf(backend);
                var cells = BackendRow.Cells(Age.Without(backend), wide: false, terminal.Time);
                var text = string.Join('\n', cells) + backend["revision"] + backend["error"] + backend["stale"];
                if (shown.GetValueOrDefault(name) != text)
                {
                    shown[name] = text;
                    changed.Add((BackendRow.Cells(backend, wide, terminal.Time), backend, $"backend/{name}"));
                }
            }

            if (first || changed.Count > 0)
            {
                rows.Write(changed);
            }

            await Task.Delay(Interval, terminal.Time, cancellationToken);
        }
    }
}
