using System.Globalization;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary>Follows a backend whose rules changed until every node carries the label that it should.</summary>
internal static class LabelProgress
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Shows how many of the labels are updated, on the standard error; a terminal sees it move.</summary>
    /// <param name="client">The gateway.</param>
    /// <param name="backend">The backend's name.</param>
    /// <param name="patience">How long to follow.</param>
    /// <param name="terminal">Where it shows.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Whether all labels are right now, or will be without anybody doing anything.</returns>
    public static async Task<bool> FollowAsync(
        GatewayClient client, string backend, TimeSpan patience, CliTerminal terminal, CancellationToken cancellationToken)
    {
        var start = terminal.Time.GetTimestamp();
        var (total, shown) = (0, "");
        while (true)
        {
            var status = (await client.GetAsync($"api/backends/{Uri.EscapeDataString(backend)}", cancellationToken)).Object();
            if (!Flag(status, "label_updates") || !Flag(status, "agent_synced"))
            {
                return End(shown, Flag(status, "label_updates") ? "The agent is not connected: labels follow when it is." : "", true, terminal);
            }

            var wrong = (int?)status["labels_wrong"] ?? 0;
            total = Math.Max(total, wrong);
            var text = string.Create(CultureInfo.InvariantCulture, $"{total - wrong:N0} of {total:N0} labels updated");
            if (wrong == 0)
            {
                return End(shown, total > 0 ? text : "", true, terminal);
            }

            if (terminal.Time.GetElapsedTime(start) > patience)
            {
                var failing = (int?)status["labels_failing"] ?? 0;
                var why = failing > 0 ? string.Create(CultureInfo.InvariantCulture, $", {failing:N0} failed and are tried again") : "";
                return End(shown, $"{text} so far{why}; 'osmo backend show {backend}' shows the rest.", false, terminal);
            }

            shown = terminal.ErrorIsTerminal ? Rewrite(shown, text, terminal) : shown;
            await Task.Delay(Interval, terminal.Time, cancellationToken);
        }
    }

    private static bool End(string shown, string text, bool done, CliTerminal terminal)
    {
        if (shown.Length > 0 || text.Length > 0)
        {
            Rewrite(shown, text, terminal);
            terminal.Error.WriteLine();
        }

        return done;
    }

    private static string Rewrite(string shown, string text, CliTerminal terminal)
    {
        if (text != shown)
        {
            terminal.Error.Write(shown.Length == 0 ? text : $"\r{text.PadRight(shown.Length)}");
            terminal.Error.Flush();
        }

        return text;
    }

    private static bool Flag(JsonObject status, string name) => (bool?)status[name] ?? false;
}
