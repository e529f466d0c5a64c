using System.Diagnostics;
using Osmo.KubeSim;
using Xunit;

namespace Osmo.Integration.Tests.KubeSim;

/// <summary>Runs the machine's kubectl with a home, a cache and a kubeconfig of its own.</summary>
internal sealed class KubectlProcess : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly string _home = Directory.CreateTempSubdirectory("kubesim-kubectl").FullName;

    /// <summary>Where its kubeconfig is, or is to be written.</summary>
    public string KubeConfig => Path.Combine(_home, "kubeconfig");

    public static async Task<KubectlProcess> ForAsync(KubeSimServer server, string? token = null, string? clientCertificateUser = null)
    {
        var kubectl = new KubectlProcess();
        await server.WriteKubeConfigAsync(kubectl.KubeConfig, token, clientCertificateUser, TestContext.Current.CancellationToken);
        return kubectl;
    }

    /// <summary>What it printed on both streams; fails the test on another exit code than expected.</summary>
    public async Task<string> RunAsync(string arguments, string? input = null, int exitCode = 0)
    {
        using var process = Start(arguments);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Deadline);
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        var text = await output + await errors;
        Assert.True(process.ExitCode == exitCode, $"kubectl {arguments} ended with {process.ExitCode}: {text}");
        return text;
    }

    /// <summary>Starts one that does not end by itself.</summary>
    public Process Start(string arguments)
    {
        var start = new ProcessStartInfo("kubectl", $"--cache-dir {_home}/cache {arguments}")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KUBECONFIG"] = KubeConfig;
        start.Environment["HOME"] = _home;
        return Process.Start(start)!;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_home, recursive: true);
        return ValueTask.CompletedTask;
    }
}
