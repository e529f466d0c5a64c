using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Cli.Help;
using Osmo.Cli.Output;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Profiles;

/// <summary><c>osmo profile</c>: the gateways that this user logged in to, by name.</summary>
internal static class ProfileCommand
{
    public static Command Create(CliTerminal terminal) =>
        new DocumentedCommand("profile", "The gateways that you logged in to, by name.", isLocal: true)
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
        ListOutput.Write(
            format,
            () => new JsonArray([.. store.Profiles.Select(item => Document(item.Key, item.Value, item.Key == current))]),
            () => store.Profiles.Keys.Select(name => $"profile/{name}"),
            () => GuideTable.Write(
                ["Name", "Current", "Server", "User", "Login"],
                store.Profiles.Select(item => new[]
                {
                    item.Key,
                    item.Key == current ? "*" : "",
                    item.Value.Server,
                    item.Value.Login?.Username ?? "",
                    item.Value.Login?.Method.ToString().ToLowerInvariant() ?? "-",
                }),
                terminal),
            terminal);
    }

    /// <summary>Without what a log-in left, which is nobody's business but the file's.</summary>
    private static JsonObject Document(string name, Profile profile, bool isCurrent) => new()
    {
        ["name"] = name,
        ["current"] = isCurrent,
        ["server"] = profile.Server,
        ["username"] = profile.Login?.Username,
        ["method"] = profile.Login?.Method.ToString().ToLowerInvariant(),
    };

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
