using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Osmo.Testing.Listener;

/// <summary>
/// How the Python agent judges a node. Written from the protocol's text alone, apart from the server's own evaluators, so that the two
/// can be held against each other.
/// </summary>
public sealed class PythonConditions
{
    private const string Ready = "Ready";
    private static readonly TimeSpan MatchTimeMax = TimeSpan.FromSeconds(5);

    private readonly string[] _required;
    private readonly string[] _ignored;
    private readonly (Regex Type, Regex Status)[]? _rules;

    private PythonConditions(string[] required, string[] ignored, (Regex Type, Regex Status)[]? rules, string text)
    {
        _required = required;
        _ignored = ignored;
        _rules = rules;
        Text = text;
    }

    /// <summary>As the agent logs them.</summary>
    public string Text { get; }

    /// <summary>What an agent starts with that was told nothing.</summary>
    /// <param name="rules">Whether it is of the generation that knows rules.</param>
    public static PythonConditions Default(bool rules) => rules ? OfRules(new JsonObject()) : OfLists([], []);

    /// <summary>Of the guides' version.</summary>
    public static PythonConditions OfLists(string[] available, string[] ignored) => new(
        [Ready, .. available],
        ignored,
        null,
        $"Updated: [{string.Join(", ", available)}], Ignore: [{string.Join(", ", ignored)}]");

    /// <summary>Of today's version.</summary>
    /// <exception cref="InvalidDataException">It would refuse the whole set.</exception>
    public static PythonConditions OfRules(JsonObject map)
    {
        var rules = new List<(Regex, Regex)>();
        var namesReady = false;
        foreach (var (type, status) in map)
        {
            var pattern = Pattern(type, whole: false);
            var text = (string)status!;
            if (pattern.IsMatch(Ready))
            {
                namesReady = true;
                if (text != "True")
                {
                    throw new InvalidDataException($"The agent refuses rules with '{type}' for Ready: '{text}'.");
                }
            }

            rules.Add((pattern, Pattern(text, whole: true)));
        }

        if (!namesReady)
        {
            rules.Add((Pattern("^Ready$", whole: false), Pattern("True", whole: true)));
        }

        return new PythonConditions([], [], [.. rules], $"Rules: {map.ToJsonString()}");
    }

    /// <summary>What a push, or the agent's own configuration, says.</summary>
    /// <param name="body">The object with the fields.</param>
    /// <param name="rules">Which generation reads it.</param>
    /// <exception cref="InvalidDataException">The agent could not use it.</exception>
    public static PythonConditions Read(JsonObject body, bool rules)
    {
        try
        {
            return rules
                ? OfRules(body["rules"]?.AsObject() ?? [])
                : OfLists(Texts(body["available_conditions"]), Texts(body["ignore_conditions"]));
        }
        catch (Exception failure) when (failure is InvalidOperationException or JsonException or ArgumentException)
        {
            throw new InvalidDataException($"The agent cannot read {body.ToJsonString()}: {failure.Message}", failure);
        }
    }

    public bool Available(PythonNode node) =>
        !node.Unschedulable && node.Conditions.All(condition => Passes(condition.Type, condition.Status));

    private static string[] Texts(JsonNode? list) => [.. (list?.AsArray() ?? []).Select(entry => entry!.GetValue<string>())];

    private bool Passes(string type, string status)
    {
        if (_rules is { } rules)
        {
            var applying = rules.Where(rule => rule.Type.IsMatch(type)).ToArray();
            return applying.Length == 0 || applying.Any(rule => rule.Status.IsMatch(status));
        }

        return _ignored.Any(entry => Matches(entry, type))
            || status == (_required.Any(entry => Matches(entry, type)) ? "True" : "False");
    }

    private static bool Matches(string entry, string type) =>
        entry.EndsWith('*') ? type.StartsWith(entry[..^1], StringComparison.Ordinal) : entry == type;

    // Python's \Z is the very end, which is \z here.
    private static Regex Pattern(string text, bool whole) => new(
        whole ? $@"\A(?:{text})\z" : $@"\A(?:{text.Replace(@"\Z", @"\z", StringComparison.Ordinal)})",
        RegexOptions.CultureInvariant,
        MatchTimeMax);
}
