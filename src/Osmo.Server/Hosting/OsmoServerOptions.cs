using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Osmo.Access.Recognition;
using Osmo.Gateway;
using Osmo.Gateway.Access.Oidc;

namespace Osmo.Server.Hosting;

/// <summary>Settings of a server.</summary>
public sealed class OsmoServerOptions
{
    /// <summary>Where the gateway listens, for example <c>http://127.0.0.1:8080</c>; port 0 takes a free one.</summary>
    public string Url { get; set; } = "http://127.0.0.1:8080";

    /// <summary>The folder that the embedded database is in; made where it does not exist.</summary>
    public string DataFolder { get; set; } = "osmo-data";

    /// <summary>Settings of a process that is part of a cluster; null for one with an embedded database.</summary>
    public ClusterSettings? Cluster { get; set; }

    /// <summary>How long a call is tried before its caller is told that the backend is not available, in seconds.</summary>
    public double CallSeconds => Cluster?.CallSeconds ?? ClusterSettings.CallSecondsDefault;

    /// <summary>File with the administrator's bearer token; null for none.</summary>
    public string? AdminTokenFile { get; set; }

    /// <summary>File with the agents' bearer token; null for none.</summary>
    public string? AgentTokenFile { get; set; }

    /// <summary>File with the keys that protect secrets at rest; null for none.</summary>
    public string? SecretsKeyFile { get; set; }

    /// <summary>The keys themselves, from the environment; null for none.</summary>
    public string? SecretsKeys { get; set; }

    /// <summary>The identity provider whose log-ins are accepted; null for none.</summary>
    public OidcOptions? Oidc { get; set; }

    /// <summary>Bounds of what callers may do.</summary>
    public AccessLimits Limits { get; set; } = new();

    /// <summary>For how many days events stay in the audit trail.</summary>
    public int AuditDays { get; set; } = GatewayOptions.AuditDaysDefault;

    /// <summary>Proxies whose <c>X-Forwarded-For</c> is believed.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; set; } = [];

    /// <summary>Whether to show Orleans' own dashboard.</summary>
    public bool OrleansDashboard { get; set; }

    /// <summary>Least level of what is logged to the standard error.</summary>
    public Microsoft.Extensions.Logging.LogLevel LogLevel { get; set; } = Microsoft.Extensions.Logging.LogLevel.Information;

    /// <summary>Whether each line of the log is a JSON object.</summary>
    public bool LogAsJson { get; set; }

    /// <summary>Puts services in place of the usual ones, after all of those are there; null for none. For tests.</summary>
    internal Action<IServiceCollection>? Replace { get; set; }
}
