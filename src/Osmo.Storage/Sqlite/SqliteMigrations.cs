using System.Reflection;
using Microsoft.Data.Sqlite;
using Osmo.Domain.Errors;

namespace Osmo.Storage.Sqlite;

/// <summary>
/// Numbered SQL scripts, applied in order, each in a transaction with the number that says so: a crash in between leaves a
/// database that the next start goes on with.
/// </summary>
internal static class SqliteMigrations
{
    private const string Folder = ".Sqlite.Migrations.";

    public static void Apply(SqliteConnection connection, string path)
    {
        var scripts = Scripts();
        var version = Version(connection);
        if (version > scripts.Count)
        {
            throw new OsmoException(
                ErrorCode.Unavailable,
                $"The database {path} has schema version {version}; this build knows versions up to {scripts.Count}. It was written by "
                + "a newer Osmo: run that one, or restore a backup from before the upgrade. Nothing was changed.");
        }

        for (var next = version; next < scripts.Count; next++)
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = $"{scripts[next]}\nPRAGMA user_version = {next + 1};";
            command.ExecuteNonQuery();
            transaction.Commit();
        }
    }

    private static int Version(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        return Convert.ToInt32(command.ExecuteScalar());
    }

    private static List<string> Scripts()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var names = assembly.GetManifestResourceNames()
            .Where(name => name.Contains(Folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        return [.. names.Select(name =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd();
        })];
    }
}
