namespace Osmo.Agent;

/// <summary>
/// The command line, and the files of options that it names, as names and values. Names may be written with hyphens or underscores,
/// values after a space or an equals sign. An environment variable wins over the command line, as with OSMO's own agent, and that over
/// files.
/// </summary>
internal sealed class OptionValues
{
    private const string ConfigFile = "config";

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Value, string File)> _fileValues = new(StringComparer.Ordinal);
    private readonly Func<string, string?> _environment;

    private OptionValues(Func<string, string?> environment) => _environment = environment;

    /// <summary>Options that were given and mean nothing to this agent.</summary>
    public SortedSet<string> Ignored { get; } = new(StringComparer.Ordinal);

    public static OptionValues Parse(IReadOnlyList<string> args, Func<string, string?> environment)
    {
        OptionValues values = new(environment);
        for (int i = 0; i < args.Count; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || args[i].Length < 3)
            {
                throw new AgentOptionsException($"\"{Shown(args[i])}\" is no option. Options look like --backend NAME; see --help.");
            }

            string option = args[i][2..];
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            string name = (equals < 0 ? option : option[..equals]).Replace('_', '-');
            string value = equals >= 0 ? option[(equals + 1)..]
                : i + 1 < args.Count && IsValue(args[i + 1]) ? args[++i]
                : AgentOptionNames.Switches.Contains(name) ? "true"
                : throw new AgentOptionsException($"--{name} needs a value.");
            if (name == ConfigFile)
            {
                values.ReadFile(value);
            }
            else if (values.IsToBeTaken(name, $"--{Shown(name)}"))
            {
                values._values[name] = value;
            }
        }

        if (!ListenerOptionsReader.IsWanted(values))
        {
            values.Ignored.UnionWith(AgentOptionNames.ListenerOnly.Where(name => values.IsGiven(name)));
        }

        return values;
    }

    private void ReadFile(string path)
    {
        foreach ((string name, string value) in OptionsFile.Read(path))
        {
            if (IsToBeTaken(name, $"\"{Shown(name)}\" in {path}"))
            {
                _fileValues[name] = (value, path);
            }
        }
    }

    private bool IsToBeTaken(string name, string shown)
    {
        if (AgentOptionNames.WithoutEffect.Contains(name))
        {
            Ignored.Add(name);
            return false;
        }

        return AgentOptionNames.Known.Contains(name) || AgentOptionNames.ListenerOnly.Contains(name)
            ? true
            : throw new AgentOptionsException($"{shown} is no option of the agent. See --help for those there are.");
    }

    private bool IsGiven(string name) => _values.ContainsKey(name) || _fileValues.ContainsKey(name);

    /// <summary>The value, or null where none or an empty one was given: an empty value in a chart means the default.</summary>
    public string? Text(string name, string? variable = null) =>
        variable is not null && _environment(variable) is { Length: > 0 } fromEnvironment ? fromEnvironment
        : _values.TryGetValue(name, out string? value) && value.Length > 0 ? value
        : _fileValues.TryGetValue(name, out (string Value, string File) inFile) && inFile.Value.Length > 0 ? inFile.Value
        : null;

    /// <summary>Where a value came from, for messages.</summary>
    public string Source(string name, string? variable = null) =>
        variable is not null && _environment(variable) is { Length: > 0 } ? variable
        : !string.IsNullOrEmpty(_values.GetValueOrDefault(name)) || !_fileValues.TryGetValue(name, out (string Value, string File) inFile)
            ? $"--{name}"
        : $"{name} in {inFile.File}";

    public bool Flag(string name, string? variable, bool otherwise)
    {
        string? text = Text(name, variable);
        return text is null ? otherwise : TryParseBoolean(text)
            ?? throw new AgentOptionsException($"{Source(name, variable)} is \"{Shown(text)}\"; write true or false.");
    }

    public static bool? TryParseBoolean(string text) => text.ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "on" => true,
        "false" or "0" or "no" or "off" => false,
        _ => null,
    };

    public static string Shown(string text) => text.Length <= 64 ? text : text[..64] + "…";

    private static bool IsValue(string text) => !text.StartsWith("--", StringComparison.Ordinal);
}
