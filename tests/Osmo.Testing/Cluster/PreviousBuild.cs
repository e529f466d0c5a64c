using System.Diagnostics;

namespace Osmo.Testing.Cluster;

/// <summary>The server as the commit before this one has it: built from the checkout's own history.</summary>
public static class PreviousBuild
{
    /// <summary>Names another commit to build, such as that of the last release.</summary>
    public const string Variable = "OSMO_PREVIOUS";

    private static readonly TimeSpan BuildTime = TimeSpan.FromMinutes(10);

    /// <summary>An option of every server that can be a member of the same cluster as this one.</summary>
    private const string MemberOption = "--cluster-endpoint";

    private const string OptionsFile = "src/Osmo.Server/Commands/ClusterOptions.cs";

    /// <summary>Builds it into a folder.</summary>
    /// <returns>Path of its program; null if that commit's server cannot be in one cluster with this one: it has no Orleans.</returns>
    /// <exception cref="InvalidOperationException">There is no such commit here, or it does not build.</exception>
    public static async Task<string?> OfServerAsync(ScratchFolder folder)
    {
        var commit = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : "HEAD^";
        var sources = folder.Of("sources");
        var hash = (await RunAsync("git", ["-C", Checkout.Root, "rev-parse", "--verify", commit])).Trim();
        var options = await RunAsync("git", ["-C", Checkout.Root, "show", $"{hash}:{OptionsFile}"]);
        if (!options.Contains(MemberOption, StringComparison.Ordinal))
        {
            return null;
        }

        await RunAsync("git", ["clone", "--quiet", "--no-checkout", Checkout.Root, sources]);
        await RunAsync("git", ["-C", sources, "checkout", "--quiet", hash]);
        var project = Path.Combine(sources, "src", "Osmo.Server");
        await RunAsync("dotnet", ["build", project, "-c", "Release", "-v", "quiet", "-nodeReuse:false", "-p:RunAnalyzers=false"]);
        return Path.Combine(sources, "artifacts", "bin", "Osmo.Server", "release", "osmo-server.dll");
    }

    private static async Task<string> RunAsync(string program, string[] args)
    {
        var start = new ProcessStartInfo(program, args) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(BuildTime);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"'{program} {string.Join(' ', args)}' failed: {await error} {await output}");
    }
}
