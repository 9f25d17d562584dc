"""Pages beside the report: health of CAD files, views of photos, sweeps, contact sheets."""
