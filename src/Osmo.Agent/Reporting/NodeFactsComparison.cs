using System.Collections.Immutable;
using Osmo.Kubernetes;

namespace Osmo.Agent;

/// <summary>Whether two states of a node differ in what changes rarely: labels but the verified one, taints, resources.</summary>
internal static class NodeFactsComparison
{
    public static bool SameFacts(NodeProjection left, NodeProjection right, string verifiedLabelKey) =>
        SameLabels(left.Labels, right.Labels, verifiedLabelKey)
        && Same(left.Taints, right.Taints)
        && Same(left.Allocatable, right.Allocatable)
        && Same(left.Capacity, right.Capacity);

    private static bool SameLabels(ImmutableArray<NodeLabel> left, ImmutableArray<NodeLabel> right, string verifiedLabelKey)
    {
        if (left == right)
        {
            return true;
        }

        int l = 0;
        int r = 0;
        while (true)
        {
            l += l < left.Length && left[l].Key == verifiedLabelKey ? 1 : 0;
            r += r < right.Length && right[r].Key == verifiedLabelKey ? 1 : 0;
            if (l == left.Length || r == right.Length)
            {
                return l == left.Length && r == right.Length;
            }

            if (!ReferenceEquals(left[l], right[r]) && left[l] != right[r])
            {
                return false;
            }

            l++;
            r++;
        }
    }

    private static bool Same<T>(ImmutableArray<T> left, ImmutableArray<T> right)
        where T : class, IEquatable<T> => left == right || left.AsSpan().SequenceEqual(right.AsSpan());
}
