using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Profiles;

/// <summary><c>osmo profile</c>: the gateways that this user logged in to, by name.</summary>
internal static class ProfileCommand
{
    public static Command Create(CliTerminal terminal) => new DocumentedCommand("profile", "The gateways that you logged in to, by name.")
    {
        List(terminal),
        Change("use", "Use a profile where none is named.", store => store.Use, "Using profile", terminal),
        Change("delete", "Forget a profile and its log-in.", store => store.Remove, "Deleted profile", terminal),
    };

    private static DocumentedCommand List(CliTerminal terminal)
    {
        var output = new OutputOption(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Name);
        var command = new DocumentedCommand("list", "List the profiles.", """
            Examples:
              osmo profile list
              osmo login https://osmo.example.com --profile prod
              osmo node list --profile prod
            """);
        output.AddTo(command);
        command.SetAction(parsed => Show(ProfileStore.Load(), output.Of(parsed), terminal));
        return command;
    }

    private static void Show(ProfileStore store, OutputFormat format, CliTerminal terminal)
    {
        var current = store.Current ?? ProfileStore.NameDefault;
        switch (format)
        {
            case OutputFormat.Json or OutputFormat.Yaml:
                // What a log-in left is nobody's business but the file's.
                var list = new JsonArray([.. store.Profiles.Select(item => new JsonObject
                {
                    ["name"] = item.Key,
                    ["current"] = item.Key == current,
                    ["server"] = item.Value.Server,
                    ["username"] = item.Value.Login?.Username,
                    ["method"] = item.Value.Login?.Method.ToString().ToLowerInvariant(),
                })]);
                DocumentWriter.Write(list, format, terminal.Out);
                break;
            case OutputFormat.Name:
                store.Profiles.Keys.ToList().ForEach(name => terminal.Out.WriteLine($"profile/{Printable.Line(name)}"));
                break;
            default:
                GuideTable.Write(
                    ["Name", "Current", "Server", "User", "Login"],
                    store.Profiles.Select(item => new[]
                    {
                        item.Key,
                        item.Key == current ? "*" : "",
                        item.Value.Server,
                        item.Value.Login?.Username ?? "",
                        item.Value.Login?.Method.ToString().ToLowerInvariant() ?? "-",
                    }),
                    terminal);
                break;
        }
    }

    private static DocumentedCommand Change(
        string name, string summary, Func<ProfileStore, Action<string>> change, string done, CliTerminal terminal)
    {
        var profile = new Argument<string>("NAME") { Description = "The profile." };
        var command = new DocumentedCommand(name, summary) { profile };
        command.SetAction(parsed =>
        {
            var chosen = parsed.GetRequiredValue(profile);
            change(ProfileStore.Load())(chosen);
            terminal.Out.WriteLine($"{done} {Printable.Line(chosen)}");
        });
        return command;
    }
}
