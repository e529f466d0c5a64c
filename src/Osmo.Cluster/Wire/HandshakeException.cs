namespace Osmo.Cluster.Wire;

/// <summary>The two ends of a connection do not want to talk to each other. The message says why and what to do.</summary>
internal sealed class HandshakeException(string message) : Exception(message);
