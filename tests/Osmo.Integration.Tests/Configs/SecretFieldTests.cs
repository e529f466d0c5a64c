using System.Text;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Integration.Tests.Configs;

/// <summary>Secrets of configurations: nobody sees them, not in answers, not in the database.</summary>
public sealed class SecretFieldTests : IAsyncLifetime
{
    private const string Secret = "nvapi-Zq3kP8xW";
    private const string Other = "nvapi-Jd7Yt2Lm";

    private RunningServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        await SetAsync(Secret);
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task No_answer_shows_a_secret()
    {
        await SetAsync(Other);
        string[] paths =
        [
            "/api/configs/workflow", "/api/configs/history?config_types=WORKFLOW",
            "/api/configs/diff?config_type=WORKFLOW&first_revision=2&second_revision=3",
        ];
        foreach (var path in paths)
        {
            var text = (await _server.GetAsync(path)).ToJsonString();
            Assert.DoesNotContain("nvapi", text, StringComparison.Ordinal);
            Assert.DoesNotContain("sealed:", text, StringComparison.Ordinal);
            Assert.Contains("**********", text, StringComparison.Ordinal);
        }

        var difference = await _server.GetAsync(paths[2]);
        Assert.Equal("**********", (string?)difference["first_data"]!["backend_images"]!["credential"]!["auth"]);
        Assert.Equal(
            "********** <secret changed in r3>", (string?)difference["second_data"]!["backend_images"]!["credential"]!["auth"]);
    }

    [Fact]
    public async Task The_database_holds_no_secret_and_its_key_is_nobody_elses_to_read()
    {
        await _server.CloseAsync();
        var files = Directory.GetFiles(_server.DataFolder);
        Assert.Contains(files, file => Path.GetFileName(file) == "osmo.db");
        foreach (var file in files)
        {
            Assert.DoesNotContain(Secret, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Cancel)), StringComparison.Ordinal);
        }

        var key = Assert.Single(files, file => Path.GetFileName(file) == "secrets.key");
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
        }

        await _server.OpenAsync();
    }

    [Fact]
    public async Task A_mask_that_comes_back_leaves_the_secret_as_it_is()
    {
        var document = (await _server.GetAsync("/api/configs/workflow"))!;
        document["max_num_tasks"] = 21;
        var (status, answer, _) = await _server.SendAsync(HttpMethod.Put, "/api/configs/workflow", $$"""{"configs":{{document}}}""");
        Assert.Equal((200, "**********"), (status, (string?)answer!["backend_images"]!["credential"]!["auth"]));

        // The secret that was there is there: to set it again changes nothing.
        Assert.Equal(3, await RevisionAsync());
        await SetAsync(Secret);
        Assert.Equal(3, await RevisionAsync());
        await SetAsync(Other);
        Assert.Equal(4, await RevisionAsync());
    }

    [Fact]
    public async Task An_earlier_secret_comes_back_with_its_revision()
    {
        await SetAsync(Other);
        var (status, _, _) = await _server.SendAsync(
            HttpMethod.Post, "/api/configs/history/rollback", """{"config_type":"WORKFLOW","revision":2}""");
        Assert.Equal(200, status);
        await SetAsync(Secret);
        Assert.Equal(4, await RevisionAsync());
    }

    [Theory]
    [InlineData("""{"backend_images":{"credential":{"auth":["nvapi-x"]}}}""")]
    [InlineData("""{"backend_images":{"credential":{"auht":"nvapi-x"}}}""")]
    [InlineData("""{"workflow_alerts":{"slack_token":"**********"}}""")]
    [InlineData("""{"backend_images":{"credential":{"auth":"sealed:v1:nvapi-x"}}}""")]
    public async Task A_refusal_does_not_repeat_a_secret(string configs)
    {
        var (status, answer, _) = await _server.SendAsync(HttpMethod.Patch, "/api/configs/workflow", $$"""{"configs_dict":{{configs}}}""");
        Assert.Equal(422, status);
        Assert.DoesNotContain("nvapi", answer!.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty(_server.Errors);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task<int> RevisionAsync() =>
        (int)(await _server.GetAsync("/api/configs/history?config_types=WORKFLOW&limit=1&omit_data=True"))["configs"]![0]!["revision"]!;

    private async Task SetAsync(string secret)
    {
        var (status, answer, _) = await _server.SendAsync(
            HttpMethod.Patch,
            "/api/configs/workflow",
            $$$$$"""{"configs_dict":{"backend_images":{"credential":{"registry":"nvcr.io","auth":"{{{{{secret}}}}}"}}}}""");
        Assert.Equal((200, "**********"), (status, (string?)answer!["backend_images"]!["credential"]!["auth"]));
    }
}
