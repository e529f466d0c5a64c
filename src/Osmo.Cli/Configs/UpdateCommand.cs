using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary><c>osmo config update</c>: changes a configuration by a file, or in an editor.</summary>
internal sealed class UpdateCommand
{
    private const string NoChanges = "No changes were made to the config.";
    private const int WaitSecondsDefault = 60;

    private readonly Argument<string> _type = ConfigType.Argument();
    private readonly Argument<string?> _name = new("NAME") { Description = "The part to change.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _file = new("--file", "-f")
    {
        Description = "JSON or YAML with the fields to change; - for the standard input. Without it $EDITOR opens.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _diff = new("--diff") { Description = "Show the difference before it is sent." };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Do not ask after the editor." };
    private readonly Option<int?> _wait = new("--wait")
    {
        Description = $"Follow a backend's labels for at most so many seconds; on a terminal {WaitSecondsDefault}, otherwise 0.",
        HelpName = "SECONDS",
    };

    private readonly ChangeOptions _change = new();
    private readonly GatewayOptions _gateway;
    private readonly CliTerminal _terminal;

    private UpdateCommand(GatewayOptions gateway, CliTerminal terminal) => (_gateway, _terminal) = (gateway, terminal);

    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var update = new UpdateCommand(gateway, terminal);
        var command = new DocumentedCommand("update", "Change a configuration by a file, or in an editor.", """
            Fields that the file does not name stay as they are. Of a backend each top-level field that is named is replaced whole:
            a node_conditions with one list alone empties the other list, and one with rules takes the place of both.

            After the editor the difference is shown, and sent when you agree. A change that somebody else made meanwhile is not
            overwritten: the update is refused, and can be tried again.

            Examples:
              osmo config update BACKEND dgx-west --file backend.json
              osmo config update BACKEND dgx-west --file backend.json --dry-run
              osmo config update WORKFLOW --file workflow.yaml --description "new image credential"
              EDITOR=nano osmo config update BACKEND dgx-west
            """)
        {
            update._type, update._name, update._file, update._diff, update._yes, update._wait,
        };
        update._change.AddTo(command);
        gateway.Backends.Offer(update._name.CompletionSources, parsed => ConfigType.IsBackend(parsed, update._type));
        command.SetAction(update.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (type, name) = (ConfigType.Parse(parsed.GetRequiredValue(_type)), parsed.GetValue(_name));
        ConfigChange.RequireStyle(type, name);

        // The file first: a mistake in it should not wait for the gateway.
        var file = parsed.GetValue(_file) is { } path ? ConfigFile.Read(path, _terminal) : null;
        var wanted = file?.Single();
        using var client = _gateway.Connect(parsed, _terminal);
        var api = new ConfigApi(client);
        var live = await api.ReadAsync(type, name, cancellationToken);
        if (file is not null)
        {
            KnownFields.Check(type, live.Document, wanted!, field => file.Locate(0, field));
            var change = ConfigChange.Plan(type, name, live, wanted!);
            return await SendAsync(parsed, api, change, file, null, cancellationToken);
        }

        return await EditAsync(parsed, api, type, name, live, cancellationToken);
    }

    private async Task<int> EditAsync(
        ParseResult parsed, ConfigApi api, ConfigType type, string? name, LiveConfig live, CancellationToken cancellationToken)
    {
        var before = DocumentWriter.Json(live.Document);
        var path = await DocumentEditor.EditAsync(before, name is null ? type.Route : $"{type.Route}-{name}", _terminal, cancellationToken);
        var text = await File.ReadAllTextAsync(path, cancellationToken);
        if (text.Trim().Length == 0 || text.Trim() == before)
        {
            File.Delete(path);
            await _terminal.Out.WriteLineAsync(NoChanges);
            return ExitCode.Done;
        }

        try
        {
            var file = ConfigFile.Parse(path, Encoding.UTF8.GetBytes(text));
            var wanted = file.Single();
            KnownFields.Check(type, live.Document, wanted, field => file.Locate(0, field));
            var change = ConfigChange.Plan(type, name, live, wanted);
            var code = await SendAsync(parsed, api, change, file, path, cancellationToken);
            File.Delete(path);
            return code;
        }
        catch (CliError error)
        {
            throw new CliError($"{error.Message}\nYour change is kept in {path}: mend it, and send it with --file.", error.ExitCode);
        }
    }

    private async Task<int> SendAsync(
        ParseResult parsed, ConfigApi api, ConfigChange change, ConfigFile file, string? edited, CancellationToken cancellationToken)
    {
        if (change.Content is null)
        {
            await _terminal.Out.WriteLineAsync(NoChanges);
            return ExitCode.Done;
        }

        var dryRun = _change.DryRun(parsed);
        if (dryRun || edited is not null || parsed.GetValue(_diff))
        {
            change.ShowDifference(_terminal);
        }

        if (dryRun)
        {
            await _terminal.Out.WriteLineAsync("Nothing was changed (--dry-run).");
            return ExitCode.Done;
        }

        if (edited is not null && !parsed.GetValue(_yes) && !Agrees())
        {
            throw new CliError("Nothing was sent.");
        }

        var made = await FileErrors.SendAsync(() => change.SendAsync(api, _change.Note(parsed), cancellationToken), file, 0, "");
        await _terminal.Out.WriteLineAsync(change.HasMade(made) ? $"Successfully updated {change.Type} config" : NoChanges);
        return await FollowAsync(parsed, api.Client, change, cancellationToken);
    }

    private bool Agrees()
    {
        _terminal.Out.Write("Send this change? [Y/n] ");
        _terminal.Out.Flush();
        return _terminal.ReadLine()?.Trim().ToLowerInvariant() is "" or "y" or "yes";
    }

    private async Task<int> FollowAsync(ParseResult parsed, GatewayClient client, ConfigChange change, CancellationToken cancellationToken)
    {
        var seconds = parsed.GetValue(_wait) ?? (_terminal.ErrorIsTerminal ? WaitSecondsDefault : 0);
        if (change.Type != ConfigType.Backend || seconds <= 0 || change.Content is not JsonObject fields
            || !(fields.ContainsKey("node_conditions") || fields.ContainsKey("services")))
        {
            return ExitCode.Done;
        }

        var done = await LabelProgress.FollowAsync(client, change.Name!, TimeSpan.FromSeconds(seconds), _terminal, cancellationToken);
        return done || parsed.GetValue(_wait) is null ? ExitCode.Done : ExitCode.Unreachable;
    }
}
