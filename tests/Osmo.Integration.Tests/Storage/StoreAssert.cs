using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Domain.Nodes;
using Osmo.Grains.Storage;
using Xunit;

namespace Osmo.Integration.Tests.Storage;

/// <summary>What was stored against what comes back.</summary>
internal static class StoreAssert
{
    public static void Same(BackendRecord expected, BackendRecord actual)
    {
        Assert.Equal(BackendDocument.EditableJson(expected), BackendDocument.EditableJson(actual));
        Assert.Equal(expected.Registration with { Prefix = actual.Registration.Prefix }, actual.Registration);
        Assert.Equal(expected.Registration.Prefix.Value, actual.Registration.Prefix.Value);
        Assert.Equal(
            (expected.Name, expected.Revision, expected.CreatedAt, expected.LastHeartbeat),
            (actual.Name, actual.Revision, actual.CreatedAt, actual.LastHeartbeat));
    }

    public static void Same(IReadOnlyCollection<NodeSnapshot> expected, LoadedBackend actual)
    {
        var byName = actual.Backend!.Nodes.ToDictionary(node => node.Name, StringComparer.Ordinal);
        Assert.Equal(expected.Count, byName.Count);
        foreach (var node in expected)
        {
            var stored = byName[node.Name];
            Assert.Equal((node.Version, node.Uid, node.Unschedulable), (stored.Version, stored.Uid, stored.Unschedulable));
            Assert.Equal((node.Available, node.AvailableSince), (stored.Available, stored.AvailableSince));
            Assert.Equal(node.Conditions.ToPairs(), stored.Conditions);
            Assert.Equal(node.Facts, stored.Facts);
            Assert.Equal(node.AgentVerdict, stored.AgentVerdict);
            Assert.Equal(node.StoredLabel, stored.VerifiedLabel);
            Assert.Equal(node.Usage, stored.Usage);
        }
    }

    public static Task<OsmoException> MovedAsync(Task write) => FailsAsync(ErrorCode.Moved, write);

    public static async Task<OsmoException> FailsAsync(ErrorCode code, Task write)
    {
        var failure = await Assert.ThrowsAsync<OsmoException>(() => write);
        Assert.Equal(code, failure.Code);
        return failure;
    }
}
