using System.Globalization;

namespace Osmo.Cli.Configs;

/// <summary>A type, or one revision of it: <c>BACKEND</c>, <c>BACKEND:12</c>.</summary>
/// <param name="Type">The type.</param>
/// <param name="Revision">Null for the newest.</param>
internal sealed record ConfigReference(ConfigType Type, long? Revision)
{
    /// <exception cref="CliError">It is neither.</exception>
    public static ConfigReference Parse(string text)
    {
        var parts = text.Split(':', 2);
        var type = ConfigType.Parse(parts[0]);
        if (parts.Length == 1)
        {
            return new(type, null);
        }

        return long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var revision) && revision > 0
            ? new(type, revision)
            : throw new CliError($"\"{parts[1]}\" is no revision. Write {type}:N, with a number that 'osmo config history {type}' lists.", ExitCode.Usage);
    }

    /// <exception cref="CliError">It is not, or it names no revision.</exception>
    public static (ConfigType Type, long Revision) ParseRevision(string text) =>
        Parse(text) is { Revision: { } revision, Type: var type }
            ? (type, revision)
            : throw new CliError($"Say which revision: {text.ToUpperInvariant()}:N. 'osmo config history {text}' lists them.", ExitCode.Usage);
}
