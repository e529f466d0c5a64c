using Osmo.Grains.Backends;
using Osmo.Grains.Storage;
using Osmo.Storage.Sqlite;
using Osmo.Testing;
using Osmo.Unit.Tests.Backends;
using Xunit;

namespace Osmo.Unit.Tests.Storage;

/// <summary>What a commit leaves in the file.</summary>
public sealed class SqliteStoreTests
{
    [Fact]
    public async Task A_heartbeat_of_its_own_is_stored()
    {
        using var folder = new ScratchFolder();
        await using var store = new SqliteBackendStore(SqliteDatabase.Open(folder.Of("data")));
        var backend = new TurnFixture();
        var registered = backend.LastCommit;
        await store.CommitAsync(registered, CancellationToken.None);
        var heard = registered.Record!.CreatedAt + TimeSpan.FromMinutes(3);
        await store.CommitAsync(new BackendCommit(registered.Backend) { Heartbeat = heard }, CancellationToken.None);

        Assert.Equal(heard, (await store.ListAsync(CancellationToken.None)).Single().LastHeartbeat);
        Assert.Equal(heard, (await store.LoadAsync(registered.Backend, owner: null, CancellationToken.None)).Backend!.Record.LastHeartbeat);
        Assert.Null((await store.LoadAsync(BackendName.Parse("other"), owner: null, CancellationToken.None)).Backend);
    }
}
