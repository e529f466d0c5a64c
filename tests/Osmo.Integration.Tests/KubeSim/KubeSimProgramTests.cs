using System.Diagnostics;
using Xunit;

namespace Osmo.Integration.Tests.KubeSim;

/// <summary>The simulator as people start it.</summary>
public sealed class KubeSimProgramTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("--tls")]
    [InlineData("--tls --token secret")]
    public async Task Kubectl_is_let_in_with_the_kubeconfig_that_was_written(string options)
    {
        await using var kubectl = new KubectlProcess();
        var program = Path.Combine(AppContext.BaseDirectory, "Osmo.KubeSim.dll");
        string[] args = [program, "--nodes", "2", "--write-kubeconfig", kubectl.KubeConfig];
        using var simulator = Process.Start(new ProcessStartInfo(
            "dotnet", [.. args, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)])
        { RedirectStandardOutput = true })!;
        try
        {
            string? line;
            do
            {
                line = await simulator.StandardOutput.ReadLineAsync(Cancel);
                Assert.NotNull(line);
            }
            while (!line.Contains("serves 2 nodes", StringComparison.Ordinal));

            Assert.Equal("node/gpu-00000\nnode/gpu-00001\n", await kubectl.RunAsync("get nodes -o name"));
        }
        finally
        {
            simulator.Kill();
        }
    }
}
