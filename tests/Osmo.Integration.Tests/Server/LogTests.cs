using System.Text.Json;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Server;

/// <summary>What the server logs, and how an operator has a say in it.</summary>
public sealed class LogTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string[] Serve => ["serve", "--url", "http://127.0.0.1:0", "--data", _folder.Of("data")];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_line_is_a_JSON_object_if_that_is_asked_for()
    {
        await using var server = await ServerProcess.StartAsync(
            [.. Serve, "--log-format", "json", "--log-level", "debug"], environment: ["Logging__LogLevel__Microsoft=Information"],
            cancellationToken: Cancel);
        await server.StopAsync("TERM");
        Assert.NotEmpty(server.ErrorLines);
        Assert.All(server.ErrorLines, line =>
        {
            using var json = JsonDocument.Parse(line);
            Assert.EndsWith("Z", json.RootElement.GetProperty("Timestamp").GetString(), StringComparison.Ordinal);
            Assert.Equal(JsonValueKind.String, json.RootElement.GetProperty("Category").ValueKind);
        });
        Assert.Contains(server.ErrorLines, line => line.Contains("Microsoft.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_environment_sets_the_level_of_one_category_also_of_Orleans()
    {
        await using var quiet = await ServerProcess.StartAsync(Serve, cancellationToken: Cancel);
        await quiet.StopAsync("TERM");
        Assert.DoesNotContain(quiet.ErrorLines, line => line.Contains(" Orleans.", StringComparison.Ordinal));

        await using var talkative = await ServerProcess.StartAsync(
            Serve, environment: ["Logging__LogLevel__Orleans=Information"], cancellationToken: Cancel);
        await talkative.StopAsync("TERM");
        Assert.Contains(talkative.ErrorLines, line => line.Contains(" Orleans.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Logging__LogLevel__Osmo=Verbose", "Logging__LogLevel__Osmo is \"Verbose\": use one of Trace, Debug")]
    public async Task A_level_that_there_is_not_is_refused_with_those_there_are(string variable, string told)
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ServerProcess.StartAsync(Serve, environment: [variable], cancellationToken: Cancel));
        Assert.Contains(told, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_are_read_from_a_file()
    {
        var file = _folder.Of("options");
        await File.WriteAllTextAsync(
            file,
            $"""
            serve
            # where clients reach it
            --url=http://127.0.0.1:0
            --data={_folder.Of("data")}
            --log-level=none
            """,
            Cancel);
        await using var server = await ServerProcess.StartAsync([$"@{file}"], cancellationToken: Cancel);
        Assert.Equal(0, await server.StopAsync("TERM"));
        Assert.Empty(server.ErrorLines);
    }
}
