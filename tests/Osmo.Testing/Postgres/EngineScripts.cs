using Npgsql;

namespace Osmo.Testing.Postgres;

/// <summary>Scripts of an engine that needs tables which are not ours: applied to every new database of a cluster.</summary>
public static class EngineScripts
{
    /// <summary>Names the files, in their order, with colons between them; nothing is applied where it is not set.</summary>
    public const string FilesVariable = "OSMO_TEST_SQL";

    /// <summary>Applies them to a database.</summary>
    public static async Task ApplyAsync(string connectionString)
    {
        var files = (Environment.GetEnvironmentVariable(FilesVariable) ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        if (files.Length == 0)
        {
            return;
        }

        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        foreach (var file in files)
        {
            await using var script = new NpgsqlCommand(await File.ReadAllTextAsync(file), connection);
            await script.ExecuteNonQueryAsync();
        }
    }
}
