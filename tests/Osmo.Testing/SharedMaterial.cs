namespace Osmo.Testing;

/// <summary>Finds the shared test data, which lies in a folder named <c>shared</c> beside the checkout.</summary>
public static class SharedMaterial
{
    private const string Override = "OSMO_SHARED";

    /// <summary>The full path of a shared file or folder.</summary>
    /// <param name="parts">Path segments below the shared folder.</param>
    /// <exception cref="DirectoryNotFoundException">There is no shared folder.</exception>
    /// <exception cref="FileNotFoundException">The shared folder lacks the path.</exception>
    public static string PathOf(params string[] parts)
    {
        var path = Path.Combine([Root(), .. parts]);
        return Path.Exists(path) ? path : throw new FileNotFoundException($"The shared test data has no '{path}'.", path);
    }

    private static string Root()
    {
        if (Environment.GetEnvironmentVariable(Override) is { Length: > 0 } root)
        {
            return root;
        }

        var beside = Path.GetFullPath(Path.Combine(Checkout.Root, "..", "shared"));
        return Directory.Exists(beside)
            ? beside
            : throw new DirectoryNotFoundException($"No test data at '{beside}'. Put it there or name its folder in {Override}.");
    }
}
