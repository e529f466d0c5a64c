using Osmo.Access.Auditing;
using Osmo.Access.Profiles;
using Osmo.Access.Tokens;
using Osmo.Access.Users;
using Osmo.Configs.Storage;
using Osmo.Grains.Storage;
using Osmo.Storage.Postgres;
using Osmo.Storage.Sqlite;
using Osmo.Testing;
using Osmo.Testing.Postgres;

namespace Osmo.Integration.Tests.Storage;

/// <summary>A database that a store is opened on, closed, and opened again.</summary>
public abstract class StoreUnderTest : IAsyncDisposable
{
    private IBackendStore? _store;

    /// <summary>The open store.</summary>
    public IBackendStore Store => _store ?? throw new InvalidOperationException("The store is not open.");

    /// <summary>Its access tokens and signing keys.</summary>
    public IAccessStore Access { get; protected set; } = null!;

    /// <summary>Its users.</summary>
    public IUserStore Users { get; protected set; } = null!;

    /// <summary>Its users' profiles.</summary>
    public IProfileStore Profiles { get; protected set; } = null!;

    /// <summary>Its audit trail.</summary>
    public IAuditTrail Audit { get; protected set; } = null!;

    /// <summary>Its configurations.</summary>
    public IConfigStore Configs { get; protected set; } = null!;

    /// <summary>Opens the store; closes it first where it is open.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await CloseAsync();
        _store = await ConnectAsync(cancellationToken);
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await CloseAsync();
    }

    protected abstract Task<IBackendStore> ConnectAsync(CancellationToken cancellationToken);

    private async Task CloseAsync()
    {
        if (_store is IAsyncDisposable open)
        {
            _store = null;
            await open.DisposeAsync();
        }
    }
}

/// <summary>A SQLite file in a folder of its own.</summary>
public sealed class SqliteUnderTest : StoreUnderTest
{
    private readonly ScratchFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override Task<IBackendStore> ConnectAsync(CancellationToken cancellationToken)
    {
        var database = SqliteDatabase.Open(_folder.Of("data"));
        var access = new SqliteAccessStore(database);
        (Access, Audit, Configs) = (access, access, new SqliteConfigStore(database));
        (Profiles, Users) = (new SqliteProfileStore(database), new SqliteUserStore(database));
        return Task.FromResult<IBackendStore>(new SqliteBackendStore(database));
    }
}

/// <summary>A database of its own on the shared server.</summary>
public sealed class PostgresUnderTest(SharedPostgres postgres) : StoreUnderTest
{
    /// <summary>The database, once the store was opened.</summary>
    public string? ConnectionString { get; private set; }

    protected override async Task<IBackendStore> ConnectAsync(CancellationToken cancellationToken)
    {
        ConnectionString ??= await postgres.CreateDatabaseAsync(cancellationToken);
        var options = new PostgresOptions { ConnectionString = ConnectionString, ConnectionsMax = 8 };
        var database = await PostgresDatabase.OpenAsync(options, cancellationToken);
        (Access, Audit) = (new PostgresAccessStore(database), new PostgresAuditTrail(database));
        Configs = new PostgresConfigStore(database);
        (Profiles, Users) = (new PostgresProfileStore(database), new PostgresUserStore(database));
        return new PostgresBackendStore(database);
    }
}
