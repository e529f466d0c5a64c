namespace Osmo.Cluster.Wire;

/// <summary>
/// A message says what this build cannot read: the versions of the two processes do not fit, or somebody else is speaking.
/// </summary>
internal sealed class WireFormatException(string message) : Exception(message);
