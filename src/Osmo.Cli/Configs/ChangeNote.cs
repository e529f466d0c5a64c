using System.CommandLine;
using System.Text.Json.Nodes;

namespace Osmo.Cli.Configs;

/// <summary>Why a change is made: its description and tags for the history.</summary>
internal sealed record ChangeNote(string? Description, IReadOnlyList<string> Tags)
{
    /// <summary>The members of a request's body; those that are not given are left out.</summary>
    public JsonObject Body()
    {
        var body = new JsonObject();
        if (Description is not null)
        {
            body["description"] = Description;
        }

        if (Tags.Count > 0)
        {
            body["tags"] = new JsonArray([.. Tags.Select(tag => (JsonNode?)tag)]);
        }

        return body;
    }
}

/// <summary>The options of commands that change something.</summary>
internal sealed class ChangeOptions
{
    private readonly Option<string?> _description = new("--description", "-d") { Description = "Why, for the history.", HelpName = "TEXT" };
    private readonly Option<string[]> _tags = new("--tags")
    {
        Description = "Tags of the revision that this makes.",
        HelpName = "TAG",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Show what would be done, and do nothing." };

    public void AddTo(Command command)
    {
        command.Options.Add(_description);
        command.Options.Add(_tags);
        command.Options.Add(_dryRun);
    }

    public ChangeNote Note(ParseResult parsed) => new(parsed.GetValue(_description), parsed.GetValue(_tags) ?? []);

    public bool DryRun(ParseResult parsed) => parsed.GetValue(_dryRun);
}
