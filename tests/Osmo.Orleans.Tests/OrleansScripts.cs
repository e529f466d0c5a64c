using Npgsql;

namespace Osmo.Orleans.Tests;

/// <summary>The scripts that make Orleans' tables, which come with Orleans and not with us.</summary>
internal static class OrleansScripts
{
    /// <summary>Names the folder with the scripts for PostgreSQL, those of migrations included.</summary>
    public const string FolderVariable = "OSMO_ORLEANS_SQL";

    private static readonly string[] Names = ["PostgreSQL-Main.sql", "PostgreSQL-Clustering.sql", "PostgreSQL-Clustering-3.7.0.sql"];

    /// <summary>Applies them to a database.</summary>
    public static async Task ApplyAsync(string connectionString)
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } named
            ? named
            : throw new InvalidOperationException(
                $"Set {FolderVariable} to a folder with {string.Join(", ", Names)} of Orleans' ADO.NET providers; docs/orleans.md says where they are.");
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        foreach (var name in Names)
        {
            await using var script = new NpgsqlCommand(await File.ReadAllTextAsync(Path.Combine(folder, name)), connection);
            await script.ExecuteNonQueryAsync();
        }
    }
}
