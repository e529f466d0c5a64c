using System.Reflection;
using System.Text.RegularExpressions;
using Npgsql;
using Osmo.Domain.Errors;

namespace Osmo.Storage.Postgres;

/// <summary>
/// Numbered SQL scripts, applied in order, each in a transaction with the number that says so. Processes that start together take
/// turns. Each script says in its first line the oldest version whose build still works on its result: so silos of the version before
/// go on while the new ones start.
/// </summary>
internal sealed partial class PostgresMigrations(IReadOnlyList<PostgresMigrations.Script> scripts)
{
    private const string Folder = ".Postgres.Migrations.";

    /// <summary>Any number will do, as long as it is always the same.</summary>
    private const long LockKey = 0x6f73_6d6f;

    private const string LockTimeout = "60s";

    /// <summary>A step of the schema.</summary>
    /// <param name="Sql">What it does.</param>
    /// <param name="CompatibleFrom">The oldest version whose build works on the result.</param>
    public readonly record struct Script(string Sql, int CompatibleFrom)
    {
        /// <summary>Reads a script with its first line, <c>-- compatible-from: N</c>.</summary>
        public static Script Parse(string sql) => CompatibleFromLine().Match(sql) is { Success: true } line
            ? new Script(sql, int.Parse(line.Groups[1].ValueSpan))
            : throw new InvalidOperationException("A migration has to begin with a line \"-- compatible-from: N\".");
    }

    /// <summary>The scripts of this build.</summary>
    public static PostgresMigrations Embedded()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var names = assembly.GetManifestResourceNames()
            .Where(name => name.Contains(Folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        return new PostgresMigrations([.. names.Select(name =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return Script.Parse(reader.ReadToEnd());
        })]);
    }

    /// <exception cref="OsmoException">The database is a newer build's.</exception>
    public async Task ApplyAsync(NpgsqlConnection connection, string place, CancellationToken cancellationToken)
    {
        var version = await VersionAsync(connection, place, cancellationToken).ConfigureAwait(false);
        while (version < scripts.Count)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(
                connection,
                $"SET LOCAL statement_timeout = '{LockTimeout}'; SELECT pg_advisory_xact_lock({LockKey})",
                cancellationToken).ConfigureAwait(false);
            version = await VersionAsync(connection, place, cancellationToken).ConfigureAwait(false);
            if (version < scripts.Count)
            {
                var script = scripts[version];
                await ExecuteAsync(
                    connection,
                    $"""
                    CREATE TABLE IF NOT EXISTS schema_version (
                      version int PRIMARY KEY, compatible_from int NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
                    {script.Sql}
                    INSERT INTO schema_version (version, compatible_from) VALUES ({version + 1}, {script.CompatibleFrom});
                    """,
                    cancellationToken).ConfigureAwait(false);
                version++;
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    [GeneratedRegex(@"\A-- compatible-from: (\d+)$", RegexOptions.Multiline)]
    private static partial Regex CompatibleFromLine();

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<int> VersionAsync(NpgsqlConnection connection, string place, CancellationToken cancellationToken)
    {
        // Read as any table is, and not asked by name: names are remembered by the session, also that one was not there.
        await using var exists = new NpgsqlCommand(
            "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = 'schema_version' AND pg_table_is_visible(oid))", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true)
        {
            return 0;
        }

        await using var command = new NpgsqlCommand(
            "SELECT COALESCE(max(version), 0), COALESCE(max(compatible_from), 0) FROM schema_version", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var (version, compatibleFrom) = (reader.GetInt32(0), reader.GetInt32(1));
        return compatibleFrom <= scripts.Count
            ? version
            : throw new OsmoException(
                ErrorCode.Unavailable,
                $"The database {place} has schema version {version}, which builds from version {compatibleFrom} on can use; this build "
                + $"knows versions up to {scripts.Count}. It was written by a newer Osmo: run that one, or restore a backup from before "
                + "the upgrade. Nothing was changed.");
    }
}
