using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>How an agent talks to its service: the port behind which there is one of two protocols.</summary>
internal interface IAgentProtocol : IDisposable
{
    /// <summary>Who is told of the cluster's nodes.</summary>
    INodeSink Sink { get; }

    /// <summary>The connection that carries the nodes' states is up, and the service knows who speaks.</summary>
    bool IsConnected { get; }

    /// <summary>Messages, or batches of them, that the service has not acknowledged.</summary>
    int Unacked { get; }

    /// <summary>Such connections so far.</summary>
    long Connections { get; }

    /// <summary>Conversations begun anew on a connection that stayed.</summary>
    long Restarts { get; }

    /// <summary>Why the service was last left or not reached; null when it never was.</summary>
    string? LastError { get; }

    /// <summary>Reports until cancelled. Failures of the service never end it.</summary>
    /// <param name="clusterUid">By which the service knows the cluster.</param>
    /// <param name="cancellation">Ends it in good order.</param>
    Task RunAsync(string clusterUid, CancellationToken cancellation);
}
