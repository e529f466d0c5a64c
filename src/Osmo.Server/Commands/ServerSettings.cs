using System.CommandLine;
using Microsoft.Extensions.Logging;
using Osmo.Server.Hosting;
using Osmo.Server.Status;

namespace Osmo.Server.Commands;

/// <summary>Options that every way of starting a server has.</summary>
internal sealed class ServerSettings
{
    private readonly Option<string> _url = new("--url")
    {
        Description = "Where to listen. Anything but loopback needs tokens.",
        DefaultValueFactory = _ => "http://127.0.0.1:8080",
    };

    private readonly Option<string> _data = new("--data")
    {
        Description = "Folder for the database; made where it does not exist.",
        DefaultValueFactory = _ => "osmo-data",
    };

    private readonly Option<string?> _adminTokenFile = new("--admin-token-file")
    {
        Description = "File with the administrator's bearer token.",
    };

    private readonly Option<string?> _agentTokenFile = new("--agent-token-file")
    {
        Description = "File with the agents' bearer token.",
    };

    private readonly Option<string?> _secretsKeyFile = new("--secrets-key-file")
    {
        Description = $"File with the keys that protect stored secrets; {SecretsKeys.FileVariable} where it is not given. "
            + $"The keys themselves may be in {SecretsKeys.KeysVariable}.",
        DefaultValueFactory = _ => Variable(SecretsKeys.FileVariable),
    };

    private readonly Option<bool> _orleansDashboard = new("--orleans-dashboard")
    {
        Description = $"Show Orleans' own dashboard at {OrleansDashboard.Path}, to administrators. Counting every call costs some speed; "
            + "give it to all members of a cluster or to none.",
    };

    private readonly Option<LogLevel?> _logLevel = new("--log-level")
    {
        Description = "Least level of what is logged: Trace, Debug, Information, Warning, Error, Critical or None. Of one category: "
            + "Logging__LogLevel__CATEGORY in the environment.",
    };

    private readonly Option<LogFormat> _logFormat = new("--log-format")
    {
        Description = "How lines of the log are written: text, or json for collectors.",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_url);
        command.Options.Add(_data);
        command.Options.Add(_adminTokenFile);
        command.Options.Add(_agentTokenFile);
        command.Options.Add(_secretsKeyFile);
        command.Options.Add(_orleansDashboard);
        command.Options.Add(_logLevel);
        command.Options.Add(_logFormat);
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="logLevel">Least level of what is logged if the command line does not say.</param>
    public OsmoServerOptions Read(ParseResult parsed, LogLevel logLevel) => new()
    {
        Url = parsed.GetValue(_url)!,
        DataFolder = parsed.GetValue(_data)!,
        AdminTokenFile = parsed.GetValue(_adminTokenFile),
        AgentTokenFile = parsed.GetValue(_agentTokenFile),
        SecretsKeyFile = parsed.GetValue(_secretsKeyFile),
        SecretsKeys = Variable(SecretsKeys.KeysVariable),
        OrleansDashboard = parsed.GetValue(_orleansDashboard),
        LogLevel = parsed.GetValue(_logLevel) ?? logLevel,
        LogAsJson = parsed.GetValue(_logFormat) == LogFormat.Json,
    };

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
