namespace Osmo.Testing;

/// <summary>Finds the checkout that the running test was built from.</summary>
public static class Checkout
{
    /// <summary>Name of the solution file, which marks the root.</summary>
    public const string SolutionName = "Osmo.Orleans.sln";

    private static readonly Lazy<string> Found = new(Find);

    /// <summary>Full path of the root folder.</summary>
    public static string Root => Found.Value;

    /// <summary>Full path of a file or folder in the checkout.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, SolutionName)))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No {SolutionName} above '{AppContext.BaseDirectory}'. Run the tests from a checkout.");
    }
}
