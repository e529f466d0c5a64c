using Osmo.Domain.Nodes;

namespace Osmo.Domain.Pools;

/// <summary>
/// What a pod tolerates, as Kubernetes has it
/// (https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/).
/// </summary>
/// <param name="Key">The taint's key; empty with <paramref name="Exists"/> stands for every taint.</param>
/// <param name="Exists">Operator <c>Exists</c>: whatever the taint's value is. Otherwise <c>Equal</c>.</param>
/// <param name="Value">The taint's value, where it has to be equal.</param>
/// <param name="Effect">The taint's effect; empty stands for each.</param>
public sealed record Toleration(string Key, bool Exists, string Value, string Effect)
{
    /// <summary>Whether pods with this toleration may be where the taint is.</summary>
    public bool Tolerates(NodeTaint taint)
    {
        ArgumentNullException.ThrowIfNull(taint);
        return (Effect.Length == 0 || Effect == taint.Effect)
            && (Key.Length == 0 ? Exists : Key == taint.Key)
            && (Exists || Value == taint.Value);
    }
}
