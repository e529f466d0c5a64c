using Microsoft.Data.Sqlite;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>What keeps a server from starting is said in a sentence, with exit code 1, and nothing is changed.</summary>
public sealed class StartTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private string Data => _folder.Of("data");

    private string Database => Path.Combine(Data, "osmo.db");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("https://127.0.0.1:0", "no address to listen on")]
    [InlineData("http://127.0.0.1:0/path", "no address to listen on")]
    [InlineData("127.0.0.1:8080", "no address to listen on")]
    [InlineData("http://127.0.0.1:99999", "no address to listen on")]
    [InlineData("http://0.0.0.0:0", "loopback only")]
    [InlineData("http://192.0.2.1:8080", "loopback only")]
    [InlineData("http://[::]:0", "loopback only")]
    public async Task Addresses_that_cannot_be_served(string url, string problem) => await FailsAsync(problem, "--url", url);

    [Fact]
    public async Task An_address_that_is_not_this_machines()
    {
        await File.WriteAllTextAsync(_folder.Of("token"), new string('t', 20), TestContext.Current.CancellationToken);
        const string Url = "http://192.0.2.1:8080";
        await FailsAsync($"Cannot listen on {Url}", "--url", Url, "--admin-token-file", _folder.Of("token"));
    }

    [Fact]
    public async Task A_port_in_use()
    {
        await using var other = await RunningServer.StartAsync();
        await FailsAsync("Cannot listen on", "--url", other.Url.ToString());
    }

    [Theory]
    [InlineData("short", "fewer than 16 characters")]
    [InlineData(null, "cannot be read")]
    public async Task Tokens_that_are_none(string? token, string problem)
    {
        if (token is not null)
        {
            await File.WriteAllTextAsync(_folder.Of("token"), token, TestContext.Current.CancellationToken);
        }

        var error = await FailsAsync(problem, "--agent-token-file", _folder.Of("token"));
        Assert.DoesNotContain("\"short\"", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_that_do_not_exist()
    {
        var (exitCode, error) = await ServerProcess.RunAsync("serve", "--prot", "1");
        Assert.Equal(2, exitCode);
        Assert.Contains("--prot", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_another_server_uses()
    {
        await using var other = await ServerProcess.StartAsync(Data);
        await FailsAsync("another Osmo");
        using var http = new HttpClient { BaseAddress = other.Url };
        Assert.Equal("ok", await http.GetStringAsync("/readyz", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_database_of_a_newer_version()
    {
        await (await ServerProcess.StartAsync(Data)).DisposeAsync();
        Run("PRAGMA user_version = 99");
        await FailsAsync("newer Osmo");
        Assert.Equal(99L, Run("PRAGMA user_version"));
    }

    [Fact]
    public async Task A_file_that_is_no_database()
    {
        Directory.CreateDirectory(Data);
        var text = string.Concat(Enumerable.Repeat("these are my notes, not a database\n", 200));
        await File.WriteAllTextAsync(Database, text, TestContext.Current.CancellationToken);
        await FailsAsync("no SQLite database");
        Assert.Equal(text, await File.ReadAllTextAsync(Database, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_folder_in_the_databases_place()
    {
        Directory.CreateDirectory(Database);
        await FailsAsync("cannot be opened");
    }

    [Fact]
    public async Task A_file_in_the_folders_place()
    {
        await File.WriteAllTextAsync(Data, "", TestContext.Current.CancellationToken);
        await FailsAsync("cannot be used");
    }

    [Fact]
    public async Task A_database_that_is_read_only()
    {
        await (await ServerProcess.StartAsync(Data)).DisposeAsync();
        File.Delete(Database + "-wal");
        File.Delete(Database + "-shm");
        using var immutable = ReadOnlyFile.Make(Database);
        await FailsAsync("read-only");
    }

    private async Task<string> FailsAsync(string problem, params string[] args)
    {
        var url = args.Contains("--url") ? args : [.. args, "--url", "http://127.0.0.1:0"];
        var (exitCode, error) = await ServerProcess.RunAsync(["serve", "--data", Data, .. url]);
        Assert.Contains(problem, error, StringComparison.Ordinal);
        Assert.StartsWith("osmo-server: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Equal(1, exitCode);
        return error;
    }

    private object? Run(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
