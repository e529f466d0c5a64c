using System.Net;
using Osmo.Access.Recognition;
using Osmo.Gateway.Access.Oidc;
using Osmo.Gateway.Calls;

namespace Osmo.Gateway;

/// <summary>Settings of a gateway.</summary>
public sealed class GatewayOptions
{
    /// <summary>For how many days events stay in the audit trail where nobody says otherwise.</summary>
    public const int AuditDaysDefault = 400;

    /// <summary>
    /// Whether everybody who reaches the gateway may do everything. Only for a gateway that listens on loopback; requests with a
    /// foreign Host or Origin are refused even there, so that a web page cannot use the browser's way in.
    /// </summary>
    public bool DeveloperMode { get; set; }

    /// <summary>Bearer token of the administrator; null for none.</summary>
    public string? AdminToken { get; set; }

    /// <summary>Bearer token of agents; null for none.</summary>
    public string? AgentToken { get; set; }

    /// <summary>Bounds of what callers may do.</summary>
    public AccessLimits Limits { get; set; } = new();

    /// <summary>How patient calls to backends are.</summary>
    public BackendCallOptions Calls { get; set; } = new();

    /// <summary>The identity provider whose log-ins are accepted; null for none.</summary>
    public OidcOptions? Oidc { get; set; }

    /// <summary>For how many days events stay in the audit trail.</summary>
    public int AuditDays { get; set; } = AuditDaysDefault;

    /// <summary>
    /// Proxies whose <c>X-Forwarded-For</c> is believed: the address before them is the caller's. From others the header means nothing.
    /// </summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; set; } = [];

    /// <summary>The version that clients are told, such as <c>0.1.0+3fb8f14d</c>.</summary>
    public string Version { get; set; } = "0.0.0";
}
