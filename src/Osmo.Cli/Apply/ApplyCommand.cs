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
        Description = "A file with documents, JSON or YAML, or a folder of such; - for the standard input. May be repeated.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<bool> _recursive = new("--recursive", "-R") { Description = "Read the folders in a folder too." };

    private readonly Option<bool> _diff = new("--diff") { Description = "Show each difference before it is sent." };
    private readonly ChangeOptions _change = new();
    private readonly GatewayOptions _gateway;
    private readonly CliTerminal _terminal;

    private ApplyCommand(GatewayOptions gateway, CliTerminal terminal) => (_gateway, _terminal) = (gateway, terminal);

    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var apply = new ApplyCommand(gateway, terminal);
        var command = new DocumentedCommand("apply", "Make configurations what files say.", """
            Every document is read, checked and compared before the first is sent. What is so already makes no revision. Of a folder
            the files that end in .yaml, .yml and .json are read, by name. Two documents about one object are refused.

            Each document gets a line: created, updated or unchanged. Where one is refused, those after it are not sent; where the gateway
            does not answer, it is uncertain whether that one was applied.

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
              osmo apply -R -f configs/
              generate | osmo apply -f -
            """)
        {
            apply._files, apply._recursive, apply._diff,
        };
        apply._change.AddTo(command);
        command.SetAction(apply.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var manifests = ManifestFiles.Expand(parsed.GetRequiredValue(_files), parsed.GetValue(_recursive))
            .SelectMany(path => Manifest.ReadAll(ConfigFile.Read(path, _terminal)))
            .ToArray();
        if (manifests.Length is 0 or > DocumentsMax)
        {
            throw new CliError($"There are {manifests.Length} documents in the files; from 1 to {DocumentsMax} can be applied at once.");
        }

        SameObject.Refuse(manifests);
        using var client = _gateway.Connect(parsed, _terminal);
        var api = new ConfigApi(client);
        var changes = new List<(Manifest Manifest, ConfigChange Change)>();
        foreach (var manifest in manifests)
        {
            changes.Add((manifest, await PlanAsync(api, manifest, cancellationToken)));
        }

        var batch = new Batch(api, changes, _terminal);
        if (_change.DryRun(parsed))
        {
            await batch.ShowAsync();
        }
        else
        {
            await batch.SendAsync(_change.Note(parsed), parsed.GetValue(_diff), cancellationToken);
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
            // What is replaced whole may be new, unless somebody else makes it meanwhile.
            live = new LiveConfig(null, await api.RevisionAsync(type, cancellationToken));
        }
        catch (CliError error) when (error is not Refusal { Status: HttpStatusCode.Unauthorized } && error.ExitCode == ExitCode.BadInput)
        {
            throw new CliError($"{manifest.File.Locate(manifest.Index, "name")}: {error.Message}", error.ExitCode);
        }

        KnownFields.Check(type, live.Document, manifest.Config, manifest.Locate);
        return ConfigChange.Plan(type, name, live, manifest.Config);
    }
}
