namespace Osmo.Server.Hosting;

/// <summary>Settings of a server: a silo and a gateway in one process.</summary>
public sealed class OsmoServerOptions
{
    /// <summary>Where the gateway listens, for example <c>http://127.0.0.1:8080</c>; port 0 takes a free one.</summary>
    public string Url { get; set; } = "http://127.0.0.1:8080";

    /// <summary>The folder that the database is in; made where it does not exist.</summary>
    public string DataFolder { get; set; } = "osmo-data";

    /// <summary>File with the administrator's bearer token; null for none.</summary>
    public string? AdminTokenFile { get; set; }

    /// <summary>File with the agents' bearer token; null for none.</summary>
    public string? AgentTokenFile { get; set; }

    /// <summary>Least level of what is logged to the standard error.</summary>
    public Microsoft.Extensions.Logging.LogLevel LogLevel { get; set; } = Microsoft.Extensions.Logging.LogLevel.Information;
}
