using System.CommandLine;
using System.Text.Json.Nodes;
using Osmo.Domain.Nodes;

namespace Osmo.Cli.Nodes;

/// <summary>Which nodes somebody wants to see.</summary>
/// <param name="Selector">Labels, as kubectl's <c>-l</c> takes them; null for any.</param>
/// <param name="Available">Null for both.</param>
/// <param name="Condition">TYPE or TYPE=STATUS; null for any.</param>
internal sealed record NodeFilter(LabelSelector? Selector, bool? Available, string? Condition)
{
    /// <summary>The filter as the gateway takes it, with an ampersand before each part.</summary>
    public string Query() =>
        (Selector is null ? "" : $"&labelSelector={Uri.EscapeDataString(Selector.Text)}")
        + (Available is { } available ? $"&available={(available ? "true" : "false")}" : "")
        + (Condition is null ? "" : $"&condition={Uri.EscapeDataString(Condition)}");

    /// <summary>Whether a node is wanted, by the gateway's explanation of it.</summary>
    public bool Matches(JsonObject node)
    {
        if (Available is { } available && (bool?)node["available"] != available)
        {
            return false;
        }

        if (Condition?.Split('=', 2) is { } condition && (node["conditions"] as JsonArray ?? []).All(item =>
            (string?)item!["type"] != condition[0] || (condition.Length == 2 && (string?)item["status"] != condition[1])))
        {
            return false;
        }

        if (Selector is null)
        {
            return true;
        }

        var labels = (node["labels"] as JsonObject ?? []).Select(label => new NodeLabel(label.Key, label.Value!.ToString()));
        return Selector.Matches([.. labels], (string?)node["label"]?["key"] ?? "", (string?)node["label"]?["seen"]);
    }
}

/// <summary>The options that make a filter.</summary>
internal sealed class NodeFilterOptions
{
    private readonly Option<string?> _selector = new("--selector", "-l")
    {
        Description = "Labels: key=value, key!=value, key in (a,b), key notin (a,b), key or !key, joined by commas.",
        HelpName = "SELECTOR",
    };

    private readonly Option<bool> _available = new("--available") { Description = "Only nodes that may be scheduled on." };
    private readonly Option<bool> _unavailable = new("--unavailable") { Description = "Only nodes that may not." };
    private readonly Option<string?> _condition = new("--condition")
    {
        Description = "Only nodes that report this condition.",
        HelpName = "TYPE[=STATUS]",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_selector);
        command.Options.Add(_available);
        command.Options.Add(_unavailable);
        command.Options.Add(_condition);
    }

    /// <exception cref="CliError">The selector does not parse, or the options contradict each other.</exception>
    public NodeFilter Of(ParseResult parsed)
    {
        LabelSelector? selector = null;
        if (parsed.GetValue(_selector) is { Length: > 0 } text && !LabelSelector.TryParse(text, out selector, out var error))
        {
            throw new CliError(error, ExitCode.Usage);
        }

        bool? available = (parsed.GetValue(_available), parsed.GetValue(_unavailable)) switch
        {
            (true, true) => throw new CliError("--available and --unavailable together select nothing. Use one of them.", ExitCode.Usage),
            (true, _) => true,
            (_, true) => false,
            _ => null,
        };
        return new NodeFilter(selector, available, parsed.GetValue(_condition));
    }
}
