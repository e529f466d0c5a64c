using Microsoft.Extensions.DependencyInjection;
using Osmo.Access.Auditing;
using Osmo.Access.Profiles;
using Osmo.Access.Tokens;
using Osmo.Access.Users;
using Osmo.Configs.Storage;
using Osmo.Domain.Errors;
using Osmo.Grains.Storage;
using Osmo.Storage.Postgres;
using Osmo.Storage.Sqlite;

namespace Osmo.Storage.Hosting;

/// <summary>Puts a store into a host.</summary>
public static class StorageServiceCollectionExtensions
{
    /// <summary>A SQLite database in a folder, which is made where it does not exist: for one process.</summary>
    /// <remarks>
    /// The database is opened here and not at the first call: a folder that cannot be used has to be known before anything is
    /// promised to anybody. It is closed with the host, after everything that uses it.
    /// </remarks>
    /// <exception cref="OsmoException">The folder cannot be used; the message says what to do.</exception>
    public static IServiceCollection AddSqliteStore(this IServiceCollection services, string folder)
    {
        var database = SqliteDatabase.Open(folder);
        var access = new SqliteAccessStore(database);
        return services.AddSingleton<IBackendStore>(_ => new SqliteBackendStore(database))
            .AddSingleton<IAccessStore>(access)
            .AddSingleton<IUserStore>(new SqliteUserStore(database))
            .AddSingleton<IAuditTrail>(access)
            .AddSingleton<IProfileStore>(new SqliteProfileStore(database))
            .AddSingleton<IConfigStore>(_ => new SqliteConfigStore(database));
    }

    /// <summary>A PostgreSQL database, which the processes of a cluster share.</summary>
    /// <remarks>The store closes it with the host.</remarks>
    /// <param name="services">The host's services.</param>
    /// <param name="database">The open database: see <see cref="PostgresDatabase.OpenAsync"/>.</param>
    public static IServiceCollection AddPostgresStore(this IServiceCollection services, PostgresDatabase database) =>
        services.AddSingleton(database)
            .AddSingleton<IBackendStore>(_ => new PostgresBackendStore(database))
            .AddSingleton<IAccessStore>(_ => new PostgresAccessStore(database))
            .AddSingleton<IUserStore>(_ => new PostgresUserStore(database))
            .AddSingleton<IAuditTrail>(_ => new PostgresAuditTrail(database))
            .AddSingleton<IProfileStore>(_ => new PostgresProfileStore(database))
            .AddSingleton<IConfigStore>(_ => new PostgresConfigStore(database));
}
