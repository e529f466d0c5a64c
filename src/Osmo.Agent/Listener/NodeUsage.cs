namespace Osmo.Agent;

/// <summary>What of a node is in use.</summary>
/// <param name="All">By every pod.</param>
/// <param name="NonWorkflow">By pods outside the workflows' namespaces.</param>
internal readonly record struct NodeUsage(RequestedAmount All, RequestedAmount NonWorkflow)
{
    public static NodeUsage operator +(in NodeUsage left, in NodeUsage right) =>
        new(left.All + right.All, left.NonWorkflow + right.NonWorkflow);

    public static NodeUsage operator -(in NodeUsage left, in NodeUsage right) =>
        new(left.All - right.All, left.NonWorkflow - right.NonWorkflow);
}
