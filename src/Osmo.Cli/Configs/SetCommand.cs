using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary><c>osmo config set ROLE</c>: makes a role from a template.</summary>
internal static class SetCommand
{
    private const string PoolPrefix = "osmo-";

    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var type = new Argument<string>("TYPE") { Description = "ROLE." };
        var name = new Argument<string>("NAME") { Description = "The role's name; of a pool's role: osmo-POOL." };
        var template = new Argument<string>("TEMPLATE") { Description = "backend or pool." };
        template.Only("backend", "pool");
        var field = new Option<string?>("--field") { Description = "The backend that the role is for.", HelpName = "BACKEND" };
        var change = new ChangeOptions();
        var command = new DocumentedCommand("set", "Make a role from a template.", """
            backend  lets an agent in that speaks for one backend, and no other
            pool     lets users submit to one pool

            Examples:
              osmo config set ROLE dgx-west-agent backend --field dgx-west
              osmo config set ROLE osmo-robotics pool
            """)
        {
            type, name, template, field,
        };
        change.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (ConfigType.Parse(parsed.GetRequiredValue(type)) != ConfigType.Role)
            {
                throw new CliError("Only a ROLE is made from a template. Use 'osmo config update' or 'osmo apply'.", ExitCode.Usage);
            }

            var role = parsed.GetRequiredValue(name);
            var document = parsed.GetRequiredValue(template) == "backend"
                ? BackendRole(role, parsed.GetValue(field))
                : PoolRole(role);
            if (change.DryRun(parsed))
            {
                DocumentWriter.Write(document, OutputFormat.Json, terminal.Out);
                await terminal.Out.WriteLineAsync("Nothing was changed (--dry-run).");
                return;
            }

            var body = change.Note(parsed).Body();
            body.Insert(0, "configs", document);
            using var client = gateway.Connect(parsed, terminal);
            await client.SendAsync(HttpMethod.Put, ConfigType.Role.Path(role), body, null, cancellationToken);
            await terminal.Out.WriteLineAsync($"Successfully set ROLE config \"{Printable.Line(role)}\"");
        });
        return command;
    }

    private static JsonObject BackendRole(string role, string? backend) => backend is not { Length: > 0 }
        ? throw new CliError("Say which backend the role is for: --field BACKEND.", ExitCode.Usage)
        : Role(
            role,
            $"Generated Role for backend {backend}",
            $"http:/api/agent/listener/*/*/{backend}:*",
            $"http:/api/agent/worker/*/*/{backend}:*",
            $"http:/api/agent/channel/backend/{backend}:*",
            "http:/api/pool/*:Get",
            "http:/api/configs/backend:Get",
            "http:/api/configs/backend/*:Get",
            "http:/api/profile/*:*");

    private static JsonObject PoolRole(string role) =>
        !role.StartsWith(PoolPrefix, StringComparison.Ordinal) || role.Length == PoolPrefix.Length
        ? throw new CliError($"The role of a pool is called {PoolPrefix}POOL.", ExitCode.Usage)
        : Role(
            role,
            $"Generated Role for pool {role[PoolPrefix.Length..]}",
            $"http:/api/pool/{role[PoolPrefix.Length..]}*:Post",
            "http:/api/profile/*:*");

    private static JsonObject Role(string name, string description, params string[] actions) => new()
    {
        ["name"] = name,
        ["description"] = description,
        ["policies"] = new JsonArray(new JsonObject { ["actions"] = new JsonArray([.. actions.Select(action => (JsonNode?)action)]) }),
        ["immutable"] = false,
    };
}
