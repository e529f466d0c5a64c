using System.Text.Json.Nodes;
using Osmo.Kubernetes;
using Osmo.Testing;
using Xunit;

namespace Osmo.Integration.Tests.Kubernetes;

public sealed class ExecCredentialsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("osmo-exec").FullName;
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("client.authentication.k8s.io/v1")]
    [InlineData("client.authentication.k8s.io/v1beta1")]
    public async Task A_plugin_gets_arguments_environment_and_cluster_and_is_asked_again_when_its_token_expires(string apiVersion)
    {
        IKubernetesCredentials credentials = Resolve($$$"""
            echo "$KUBERNETES_EXEC_INFO" > info
            count=$(($(cat count 2>/dev/null || echo 0) + 1)); echo $count > count
            printf '{"apiVersion":"{{{apiVersion}}}","kind":"ExecCredential","status":{'
            printf '"token":"%s","expirationTimestamp":"2026-01-01T01:00:00Z"} }' $1-$EXTRA-$count
            """, apiVersion);
        KubernetesCredential first = await GetAsync(credentials);
        Assert.Equal("argument-value-1", first.Authorization!.Parameter);
        Assert.Same(first, await GetAsync(credentials));
        JsonNode info = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "info"), TestContext.Current.CancellationToken))!;
        Assert.Equal(apiVersion, info["apiVersion"]!.GetValue<string>());
        Assert.Equal("https://cluster:6443", info["spec"]!["cluster"]!["server"]!.GetValue<string>());
        Assert.Equal("""{"audience":"7","regions":["a",2,true,null]}""", info["spec"]!["cluster"]!["config"]!.ToJsonString());
        _time.Advance(ExecCredentials.RefusalIntervalMin);
        Assert.True(credentials.Invalidate(first));
        KubernetesCredential second = await GetAsync(credentials);
        Assert.Equal("argument-value-2", second.Authorization!.Parameter);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("argument-value-3", (await GetAsync(credentials)).Authorization!.Parameter);
    }

    [Fact]
    public async Task A_plugin_is_not_asked_again_at_once_when_what_it_just_gave_is_refused()
    {
        IKubernetesCredentials credentials = Resolve("""
            count=$(($(cat count 2>/dev/null || echo 0) + 1)); echo $count > count
            printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' $count
            """);
        KubernetesCredential first = await GetAsync(credentials);
        Assert.False(credentials.Invalidate(first));
        Assert.Same(first, await GetAsync(credentials));
        _time.Advance(ExecCredentials.RefusalIntervalMin);
        Assert.True(credentials.Invalidate(first));
        KubernetesCredential second = await GetAsync(credentials);
        Assert.Equal("2", second.Authorization!.Parameter);
        // A request that still carried the first one may simply be sent again.
        Assert.True(credentials.Invalidate(first));
        Assert.Same(second, await GetAsync(credentials));
    }

    [Theory]
    [InlineData("echo secret-output; echo secret-error >&2; exit 3", "exit code 3")]
    [InlineData("echo secret-output", "not an ExecCredential in JSON")]
    [InlineData("""echo '{"apiVersion":"x","kind":"ExecCredential","status":{"token":"secret"}}'""", "did not print an ExecCredential")]
    [InlineData("""echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}'""", "neither a token nor")]
    [InlineData("head -c 3000000 /dev/zero | tr '\\0' x", "more than")]
    public async Task A_plugin_that_fails_is_named_and_not_quoted(string script, string expected)
    {
        KubernetesApiException e = await Assert.ThrowsAsync<KubernetesApiException>(() => GetAsync(Resolve(script)));
        Assert.Equal(KubernetesFailure.Credentials, e.Failure);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Contains("user \"u\"", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_that_is_not_installed_comes_with_its_hint()
    {
        IKubernetesCredentials credentials = Resolve("exit 0", command: "./not-installed");
        KubernetesApiException e = await Assert.ThrowsAsync<KubernetesApiException>(() => GetAsync(credentials));
        Assert.Contains("Get it from the shop.", e.Message, StringComparison.Ordinal);
    }

    private static Task<KubernetesCredential> GetAsync(IKubernetesCredentials credentials) =>
        credentials.GetAsync(TestContext.Current.CancellationToken).AsTask();

    private IKubernetesCredentials Resolve(
        string script, string apiVersion = "client.authentication.k8s.io/v1", string command = "./plugin")
    {
        string plugin = Path.Combine(_folder, "plugin");
        File.WriteAllText(plugin, $"#!/bin/sh\ncd {_folder}\n{script}\n");
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException();
        }

        File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string config = Path.Combine(_folder, "config");
        File.WriteAllText(config, $"""
            current-context: x
            contexts: [{"{name: x, context: {cluster: c, user: u}}"}]
            clusters:
            - name: c
              cluster:
                server: https://cluster:6443
                extensions:
                - name: client.authentication.k8s.io/exec
                  extension: {"{audience: '7', regions: [a, 2, true, null]}"}
            users:
            - name: u
              user:
                exec:
                  apiVersion: {apiVersion}
                  command: {command}
                  args: [argument]
                  env: [{"{name: EXTRA, value: value}"}]
                  provideClusterInfo: true
                  interactiveMode: Never
                  installHint: Get it from the shop.
            """);
        return KubernetesConfiguration.FromKubeconfig(config, time: _time).Credentials;
    }
}
