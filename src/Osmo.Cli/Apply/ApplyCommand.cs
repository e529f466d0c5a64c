using System.CommandLine;
using System.Net;
using Osmo.Cli.Configs;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Apply;

/// <summary><c>osmo apply -f</c>: makes configurations what files say. What is so already is left alone.</summary>
internal sealed class ApplyCommand
{
    private const int DocumentsMax = 10_000;

    private readonly Option<string[]> _files = new("--file", "-f")
    {
        Description = "A file with documents, JSON or YAML; - for the standard input. May be repeated.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<bool> _diff = new("--diff") { Description = "Show each difference before it is sent." };
    private readonly ChangeOptions _change = new();
    private readonly GatewayOptions _gateway;
    private readonly CliTerminal _terminal;

    private ApplyCommand(GatewayOptions gateway, CliTerminal terminal) => (_gateway, _terminal) = (gateway, terminal);

    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var apply = new ApplyCommand(gateway, terminal);
        var command = new DocumentedCommand("apply", "Make configurations what files say.", """
            Every document is read, checked and compared before the first is sent. What is so already makes no revision.

            A document:
              type: BACKEND
              name: dgx-west
              description: why, for the history
              config:
                node_conditions:
                  additional_node_conditions: [GpuHealthy]
                  ignore_node_conditions: []

            Examples:
              osmo apply -f backends.yaml
              osmo apply -f backends.yaml -f roles.yaml --dry-run
              generate | osmo apply -f -
            """)
        {
            apply._files, apply._diff,
        };
        apply._change.AddTo(command);
        command.SetAction(apply.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var manifests = parsed.GetRequiredValue(_files)
            .SelectMany(path => Manifest.ReadAll(ConfigFile.Read(path, _terminal)))
            .ToArray();
        if (manifests.Length is 0 or > DocumentsMax)
        {
            throw new CliError($"There are {manifests.Length} documents in the files; from 1 to {DocumentsMax} can be applied at once.");
        }

        using var client = _gateway.Connect(parsed, _terminal);
        var api = new ConfigApi(client);
        var changes = new List<(Manifest Manifest, ConfigChange Change)>();
        foreach (var manifest in manifests)
        {
            changes.Add((manifest, await PlanAsync(api, manifest, cancellationToken)));
        }

        var dryRun = _change.DryRun(parsed);
        foreach (var (manifest, change) in changes)
        {
            await ApplyAsync(parsed, api, manifest, change, dryRun, cancellationToken);
        }

        return ExitCode.Done;
    }

    private static async Task<ConfigChange> PlanAsync(ConfigApi api, Manifest manifest, CancellationToken cancellationToken)
    {
        var (type, name) = (manifest.Type, manifest.Name);
        ConfigChange.RequireStyle(type, name);
        LiveConfig live;
        try
        {
            live = await api.ReadAsync(type, name, cancellationToken);
        }
        catch (CliError error) when (name is not null && type.Style(name) == ChangeStyle.Replace && error is not Refusal
            && error.ExitCode == ExitCode.BadInput)
        {
            // What is replaced whole may be new.
            live = new LiveConfig(null, null);
        }
        catch (CliError error) when (error is not Refusal { Status: HttpStatusCode.Unauthorized } && error.ExitCode == ExitCode.BadInput)
        {
            throw new CliError($"{manifest.File.Locate(manifest.Index, "name")}: {error.Message}", error.ExitCode);
        }

        KnownFields.Check(type, live.Document, manifest.Config, manifest.Locate);
        return ConfigChange.Plan(type, name, live, manifest.Config);
    }

    private async Task ApplyAsync(
        ParseResult parsed, ConfigApi api, Manifest manifest, ConfigChange change, bool dryRun, CancellationToken cancellationToken)
    {
        var outcome = change.Content is null ? "unchanged" : change.Current is null ? "created" : "updated";
        if (change.Content is not null)
        {
            if (dryRun || parsed.GetValue(_diff))
            {
                change.ShowDifference(_terminal);
            }

            if (!dryRun)
            {
                var given = _change.Note(parsed);
                var note = new ChangeNote(given.Description ?? manifest.Note.Description, [.. manifest.Note.Tags, .. given.Tags]);
                await FileErrors.SendAsync(
                    () => change.SendAsync(api, note, cancellationToken), manifest.File, manifest.Index, Manifest.ConfigPrefix);
            }
        }

        await _terminal.Out.WriteLineAsync($"{Printable.Line(change.Label)} {outcome}{(dryRun ? " (--dry-run)" : "")}");
    }
}
