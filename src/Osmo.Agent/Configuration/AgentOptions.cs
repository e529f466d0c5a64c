using Microsoft.Extensions.Logging;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>What an agent has to be told. Holds a secret: the token is never printed.</summary>
public sealed record AgentOptions
{
    /// <summary>The gateway: http, https, ws or wss; may have a path, below which the channel lies.</summary>
    public Uri Host { get; init; } = new("http://127.0.0.1:8000");

    /// <summary>The backend's name, a DNS label.</summary>
    public string Backend { get; init; } = "osmo-backend";

    /// <summary>The namespace that workflows run in.</summary>
    public required string Namespace { get; init; }

    /// <summary>Which protocol the service speaks: Osmo's own agent channel, or the one of OSMO's listeners.</summary>
    public AgentProtocol Protocol { get; init; } = AgentProtocol.Channel;

    /// <summary>Heeded only where <see cref="Protocol"/> is that of listeners.</summary>
    public ListenerOptions Listener { get; init; } = new();

    /// <summary>
    /// Sent as bearer token to the gateway, and exchanged for such a one where <see cref="Protocol"/> is that of listeners; null for
    /// none, or where <see cref="TokenFile"/> holds it.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>A file with the token, read again for every connection, so that a renewed token is taken up.</summary>
    public string? TokenFile { get; init; }

    /// <summary>PEM file with the authorities that may sign the gateway's certificate; null for the machine's.</summary>
    public string? HostCaFile { get; init; }

    /// <summary>Prefix of the label that is written to nodes.</summary>
    public NodeConditionPrefix NodeConditionPrefix { get; init; } = NodeConditionPrefix.Default;

    /// <summary>Whether this deployment asks for label updates; the backend's configuration may switch them on as well.</summary>
    public bool EnableNodeLabelUpdate { get; init; }

    /// <summary>
    /// Whether nodes may be patched at all. Where not, nothing in the cluster is ever changed, whatever the silo asks for.
    /// </summary>
    public bool AllowLabelPatches { get; init; } = true;

    /// <summary>Label patches per second on average.</summary>
    public double ApiQps { get; init; } = 20;

    /// <summary>Label patches at once.</summary>
    public int ApiBurst { get; init; } = 30;

    /// <summary>A kubeconfig; null for the pod's own account, else what KUBECONFIG names.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>A context of the kubeconfig; null for the current one.</summary>
    public string? Context { get; init; }

    /// <summary>Nodes asked for per list page.</summary>
    public int ListPageItems { get; init; } = 500;

    /// <summary>What is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Pause after the first failure to reach the gateway; it doubles with every further one.</summary>
    public TimeSpan ReconnectPauseFirst { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Longest pause before trying a gateway again that fails or is away, unless it asks for a longer one.</summary>
    public TimeSpan ReconnectPauseMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest pause before trying a gateway again that refuses the agent, which seldom mends by itself.</summary>
    public TimeSpan RefusedPauseMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Pace of the watch.</summary>
    public ReflectorOptions Reflector { get; init; } = new();

    /// <inheritdoc/>
    public override string ToString() => $"backend {Backend} at {Host.GetLeftPart(UriPartial.Authority)}";
}
