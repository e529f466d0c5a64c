using Npgsql;
using Osmo.Grains.Errors;
using Osmo.Storage.Postgres;

namespace Osmo.Silo.Orleans.Hosting;

/// <summary>The tables of Orleans' own membership, which its scripts make and not we.</summary>
internal static class OrleansTables
{
    private const string Find = "SELECT to_regclass('orleansquery') IS NOT NULL AND to_regclass('orleansmembershiptable') IS NOT NULL";

    /// <exception cref="OsmoException">They are not there; the message says what to do.</exception>
    public static async Task RequireAsync(PostgresDatabase database, CancellationToken cancellationToken)
    {
        var exist = await database.UseAsync(
            async (connection, cancel) =>
            {
                await using var command = new NpgsqlCommand(Find, connection);
                return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is true;
            },
            cancellationToken).ConfigureAwait(false);
        if (!exist)
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                "The database has no tables of Orleans. Apply the scripts PostgreSQL-Main.sql and PostgreSQL-Clustering.sql of Orleans' "
                + "ADO.NET providers to it, and then those of its migrations that are newer; docs/orleans.md says where they are.");
        }
    }
}
