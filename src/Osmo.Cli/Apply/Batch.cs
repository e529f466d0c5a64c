using Osmo.Cli.Configs;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Apply;

/// <summary>
/// Sends changes one after the other. Each has a line that says what became of it, also where one fails: then somebody knows what was
/// applied and what was not.
/// </summary>
/// <param name="api">Where to.</param>
/// <param name="changes">The changes, with the documents that they come from.</param>
/// <param name="terminal">Where the lines go.</param>
internal sealed class Batch(ConfigApi api, IReadOnlyList<(Manifest Manifest, ConfigChange Change)> changes, CliTerminal terminal)
{
    private const string Unchanged = "unchanged";

    /// <summary>
    /// The revision that a type has come to, by the one that changes were worked out for: most types have one revision for all of their
    /// parts, and a change of one part must not keep the next from being made.
    /// </summary>
    private readonly Dictionary<(ConfigType Type, string Planned), string> _revisions = [];

    /// <summary>Shows what would be sent, and sends nothing.</summary>
    public async Task ShowAsync()
    {
        foreach (var (_, change) in changes)
        {
            if (change.Content is not null)
            {
                change.ShowDifference(terminal);
            }

            await SayAsync(change, $"{Outcome(change)} (--dry-run)");
        }
    }

    /// <summary>Sends the changes.</summary>
    /// <param name="given">Why, where the command line says it.</param>
    /// <param name="differences">Whether each difference is shown before it is sent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CliError">One was not taken; those after it were not sent.</exception>
    public async Task SendAsync(ChangeNote given, bool differences, CancellationToken cancellationToken)
    {
        for (var i = 0; i < changes.Count; i++)
        {
            var (manifest, change) = changes[i];
            if (differences && change.Content is not null)
            {
                change.ShowDifference(terminal);
            }

            try
            {
                var isChanged = change.Content is not null && await SendAsync(manifest, change, given, cancellationToken);
                await SayAsync(change, isChanged ? Outcome(change) : Unchanged);
            }
            catch (CliError failure)
            {
                var isRefused = failure.ExitCode != ExitCode.Unreachable;
                await SayRestAsync(i, isRefused ? "refused" : "uncertain");
                throw changes.Count == 1 ? failure : new CliError($"{failure.Message}\n{Summary(i, isRefused)}", failure.ExitCode);
            }
            catch (OperationCanceledException)
            {
                await SayRestAsync(i, "interrupted");
                throw;
            }
        }
    }

    private static string Outcome(ConfigChange change) =>
        change.Content is null ? Unchanged : change.Current is null ? "created" : "updated";

    /// <returns>Whether the change made a revision.</returns>
    private async Task<bool> SendAsync(Manifest manifest, ConfigChange change, ChangeNote given, CancellationToken cancellationToken)
    {
        var current = change.ETag is { } planned && _revisions.TryGetValue((change.Type, planned), out var newer)
            ? change with { ETag = newer }
            : change;
        var note = new ChangeNote(given.Description ?? manifest.Note.Description, [.. manifest.Note.Tags, .. given.Tags]);
        var made = await FileErrors.SendAsync(
            () => current.SendAsync(api, note, cancellationToken),
            manifest.File,
            manifest.Index,
            Manifest.ConfigPrefix);
        if (change.ETag is not null && made is not null)
        {
            _revisions[(change.Type, change.ETag)] = made;
        }

        return current.HasMade(made);
    }

    private async Task SayRestAsync(int failed, string outcome)
    {
        await SayAsync(changes[failed].Change, outcome);
        foreach (var (_, change) in changes.Skip(failed + 1))
        {
            await SayAsync(change, change.Content is null ? Unchanged : "not sent");
        }
    }

    private string Summary(int failed, bool isRefused)
    {
        var label = changes[failed].Change.Label;
        var rest = changes.Skip(failed + 1).Count(item => item.Change.Content is not null) switch
        {
            0 => "",
            1 => ", and 1 document after it was not sent",
            var count => $", and {count} documents after it were not sent",
        };
        return (isRefused ? $"{label} was not applied" : $"It is not known whether {label} was applied") + rest
            + ". The lines of the others hold. When this is mended apply the files again: what is so already is left alone.";
    }

    private Task SayAsync(ConfigChange change, string outcome) =>
        terminal.Out.WriteLineAsync($"{Printable.Line(change.Label)} {outcome}");
}
