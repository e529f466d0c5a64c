using Osmo.Testing;

namespace Osmo.Integration.Tests.Cli.Support;

/// <summary>Somebody at a terminal with a home of their own, who types <c>osmo</c> commands.</summary>
internal sealed class OsmoUser : IDisposable
{
    private readonly ScratchFolder _home = new();
    private readonly Dictionary<string, string?> _environment;

    /// <param name="server">The gateway that OSMO_SERVER names; null for none.</param>
    public OsmoUser(Uri? server = null) => _environment = new()
    {
        ["OSMO_CONFIG_FILE_DIR"] = ConfigFolder,
        ["OSMO_SERVER"] = server?.ToString(),
        ["OSMO_PROFILE"] = null,
        ["OSMO_TOKEN_FILE"] = null,
        ["TZ"] = "UTC",
        ["EDITOR"] = null,
        ["NO_COLOR"] = null,
    };

    public string ConfigFolder => _home.Of("config");

    public string ProfilesFile => Path.Combine(ConfigFolder, "profiles.json");

    public string this[string variable]
    {
        set => _environment[variable] = value;
    }

    /// <summary>Puts a file into the home.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, string text)
    {
        File.WriteAllText(_home.Of(name), text);
        return _home.Of(name);
    }

    public Task<ProcessResult> RunAsync(params string[] args) => OsmoProcess.RunAsync("", _environment, args);

    public Task<ProcessResult> RunWithInputAsync(string input, params string[] args) => OsmoProcess.RunAsync(input, _environment, args);

    /// <summary>On a pseudo-terminal; what is typed comes at once, and errors are part of the output.</summary>
    public Task<ProcessResult> RunOnTerminalAsync(int columns, string typed, params string[] args) =>
        OsmoProcess.RunOnTerminalAsync(columns, typed, _environment, args);

    /// <summary>On a pseudo-terminal, to go on with while it runs.</summary>
    public TerminalSession StartOnTerminal(params string[] args) => new(_environment, args);

    public void Dispose() => _home.Dispose();
}
