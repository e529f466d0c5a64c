using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Cli.Gateway;
using Osmo.Cli.Help;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Configs;

/// <summary><c>osmo config tag</c>: sets and deletes the tags of a revision.</summary>
internal static class TagCommand
{
    public static Command Create(GatewayOptions gateway, CliTerminal terminal)
    {
        var reference = ConfigType.Argument("TYPE[:REVISION]", "The revision; the newest where no number is given.");
        var set = Tags("--set", "Tags to add.");
        var delete = Tags("--delete", "Tags to take away.");
        var command = new DocumentedCommand("tag", "Set and delete the tags of a revision.", """
            Examples:
              osmo config tag BACKEND:12 --set known-good
              osmo config tag BACKEND --set a b --delete c
            """)
        {
            reference, set, delete,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var text = parsed.GetRequiredValue(reference);
            var (type, revision) = ConfigReference.Parse(text);
            var body = new JsonObject();
            Add(body, "set_tags", parsed.GetValue(set));
            Add(body, "delete_tags", parsed.GetValue(delete));
            if (body.Count == 0)
            {
                throw new CliError("Say which tags to --set or to --delete.", ExitCode.Usage);
            }

            using var client = gateway.Connect(parsed, terminal);
            revision ??= await new ConfigApi(client).NewestRevisionAsync(type, cancellationToken);
            var path = $"api/configs/history/{type.Route}/revision/{revision}/tags";
            await client.SendAsync(HttpMethod.Post, path, body, null, cancellationToken);
            await terminal.Out.WriteLineAsync($"Successfully updated tags for {Printable.Line(text)}");
        });
        return command;
    }

    private static Option<string[]> Tags(string name, string description) =>
        new(name) { Description = description, HelpName = "TAG", AllowMultipleArgumentsPerToken = true };

    private static void Add(JsonObject body, string name, string[]? tags)
    {
        if (tags is { Length: > 0 })
        {
            body[name] = new JsonArray([.. tags.Select(tag => (JsonNode?)tag)]);
        }
    }
}
